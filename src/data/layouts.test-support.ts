export interface Layout {
  image: (n: string) => string
  mask: (n: string) => string
  /** Of the number of a case. */
  digits: number
}

const one = (image: (n: string) => string, mask: (n: string) => string, digits = 3): Layout => ({ image, mask, digits })
const letters = (n: string) => [...n].map((digit) => 'abcdefghij'[Number(digit)]).join('')

/** How data sets are laid out; n is the number of a case. */
export const layouts: Record<string, Layout> = {
  'nnU-Net': one(
    (n) => `imagesTr/heart_${n}_0000.nii.gz`,
    (n) => `labelsTr/heart_${n}.nii.gz`,
  ),
  'nnU-Net, numbers of four digits': one(
    (n) => `Dataset001/imagesTr/case_${n}_0000.nii.gz`,
    (n) => `Dataset001/labelsTr/case_${n}.nii.gz`,
    4,
  ),
  MSD: one(
    (n) => `Task02_Heart/imagesTr/la_${n}.nii.gz`,
    (n) => `Task02_Heart/labelsTr/la_${n}.nii.gz`,
    4,
  ),
  'BraTS, one sequence': one(
    (n) => `BraTS20_Training_${n}/BraTS20_Training_${n}_flair.nii`,
    (n) => `BraTS20_Training_${n}/BraTS20_Training_${n}_seg.nii`,
  ),
  'BraTS 2023': one(
    (n) => `BraTS-GLI-${n}-000/BraTS-GLI-${n}-000-t2f.nii.gz`,
    (n) => `BraTS-GLI-${n}-000/BraTS-GLI-${n}-000-seg.nii.gz`,
    5,
  ),
  KiTS: one(
    (n) => `case_${n}/imaging.nii.gz`,
    (n) => `case_${n}/segmentation.nii.gz`,
    5,
  ),
  LiTS: one(
    (n) => `volume-${n}.nii`,
    (n) => `segmentation-${n}.nii`,
    1,
  ),
  BTCV: one(
    (n) => `RawData/Training/img/img${n}.nii.gz`,
    (n) => `RawData/Training/label/label${n}.nii.gz`,
    4,
  ),
  FLARE: one(
    (n) => `imagesTr/FLARE22_Tr_${n}_0000.nii.gz`,
    (n) => `labelsTr/FLARE22_Tr_${n}.nii.gz`,
    4,
  ),
  'ISBI, cells': one(
    (n) => `01/t${n}.png`,
    (n) => `01_GT/SEG/man_seg${n}.png`,
  ),
  'ISBI, neurons': one(
    (n) => `train-volume-${n}.png`,
    (n) => `train-labels-${n}.png`,
    1,
  ),
  'BIDS derivatives': one(
    (n) => `sub-${n}/anat/sub-${n}_T1w.nii.gz`,
    (n) => `derivatives/manual/sub-${n}/anat/sub-${n}_space-orig_label-lesion_mask.nii.gz`,
    2,
  ),
  'BIDS, of the sequence': one(
    (n) => `sub-${n}/ses-1/anat/sub-${n}_ses-1_T1w.nii.gz`,
    (n) => `derivatives/labels/sub-${n}/ses-1/anat/sub-${n}_ses-1_T1w_seg-manual.nii.gz`,
    2,
  ),
  ACDC: one(
    (n) => `patient${n}/patient${n}_frame01.nii.gz`,
    (n) => `patient${n}/patient${n}_frame01_gt.nii.gz`,
  ),
  PROMISE12: one(
    (n) => `Case${n}.mhd`,
    (n) => `Case${n}_segmentation.mhd`,
    2,
  ),
  'MM-WHS': one(
    (n) => `ct_train/ct_train_${n}_image.nii.gz`,
    (n) => `ct_train/ct_train_${n}_label.nii.gz`,
    4,
  ),
  'labelme VOC': one(
    (n) => `data_voc/JPEGImages/2011_${n}.png`,
    (n) => `data_voc/SegmentationClass/2011_${n}.png`,
    6,
  ),
  Cellpose: one(
    (n) => `well_${n}.png`,
    (n) => `well_${n}_cp_masks.png`,
    1,
  ),
  'Cellpose, _seg': one(
    (n) => `well_${n}.png`,
    (n) => `well_${n}_seg.png`,
    1,
  ),
  CHASE: one(
    (n) => `Image_${n}L.png`,
    (n) => `Image_${n}L_1stHO.png`,
    2,
  ),
  DSB2018: one(
    (n) => `stage1_train/a${n}f/images/a${n}f.png`,
    (n) => `stage1_train/a${n}f/masks/b7c${n}e.png`,
  ),
  'Montgomery, left': one(
    (n) => `CXR_png/MCUCXR_${n}_0.png`,
    (n) => `ManualMask/leftMask/MCUCXR_${n}_0.png`,
    4,
  ),
  ISIC: one(
    (n) => `ISIC2018_Task1-2_Training_Input/ISIC_${n}.png`,
    (n) => `ISIC2018_Task1_Training_GroundTruth/ISIC_${n}_segmentation.png`,
    7,
  ),
  'a folder for each patient': one(
    (n) => `patient${n}/slice.png`,
    (n) => `patient${n}/mask.png`,
    1,
  ),
  'same names in many folders': one(
    (n) => `data/P${n.slice(0, 2)}/image/${n.slice(2)}.png`,
    (n) => `data/P${n.slice(0, 2)}/label/${n.slice(2)}.png`,
    3,
  ),
  'same names in folders without numbers': one(
    (n) => `${letters(n.slice(0, 2))}/images/${n.slice(2)}.png`,
    (n) => `${letters(n.slice(0, 2))}/masks/${n.slice(2)}.png`,
  ),
  'names without numbers': one(
    (n) => `${letters(n)}/scan.png`,
    (n) => `${letters(n)}/label.png`,
  ),
}
