"""Diary: the types of its records, what it adds to the shared types, and what is done in it."""

from gateway.schema.diary.actions import DiaryOfMutation
from gateway.schema.diary.events import DiaryOfSubscription
from gateway.schema.diary.records import DiaryOfLesson, DiaryOfQuery, DiaryOfStudent, DiaryOfViewer

__all__ = ["DiaryOfLesson", "DiaryOfMutation", "DiaryOfQuery", "DiaryOfStudent", "DiaryOfSubscription", "DiaryOfViewer"]
