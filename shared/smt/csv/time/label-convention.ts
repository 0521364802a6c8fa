/**
 * What the one time label of a row means: the start of its interval, its end with the midnight that ends a day beside that
 * day's date, or its end with each label beside its own date, midnight beside the next day's.
 */
export type LabelConvention = 'starts' | 'ends' | 'dated-ends';
