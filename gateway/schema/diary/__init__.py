"""Diary: the types of its records, what it adds to the shared types, and what is done in it."""

from gateway.schema.diary.actions import DiaryOfMutation
from gateway.schema.diary.records import Attachment, DiaryOfLesson, DiaryOfStudent, DiaryOfViewer

__all__ = ["Attachment", "DiaryOfLesson", "DiaryOfMutation", "DiaryOfStudent", "DiaryOfViewer"]
