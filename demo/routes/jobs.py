"""Vacancies and applications."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field

from demo.matching import best
from demo.places import fold
from demo.routes.customers import EMAIL
from demo.routes.work import StoredJob, TheWork, Work
from demo.shelf import Body, Row, missing

router = APIRouter(prefix="/jobs", tags=["Jobs"])
JobId = Annotated[str, Path(pattern=r"^J[0-9]{4}$")]


class Job(Row):
    job_id: str
    title: str
    employer: str
    city: str
    salary: int
    currency: str
    remote: bool
    posted_on: date


class Jobs(Row):
    count: int
    jobs: list[Job]


class Advertisement(Job):
    tasks: str
    requirements: list[str]


class NewApplication(Body):
    applicant_name: str = Field(min_length=2)
    email: str = Field(pattern=EMAIL, json_schema_extra={"format": "email"})
    message: str | None = Field(None, max_length=1000)


class Application(Row):
    application_id: str
    job_id: str
    employer: str
    applicant_name: str
    status: str


def found(work: Work, job_id: str) -> StoredJob:
    return next((job for job in work.jobs if job.job_id == job_id), None) or missing(f"No such job: {job_id}")


@router.get("")
async def search_jobs(
    work: TheWork,
    profession: Annotated[str, Query(min_length=1)],
    city: Annotated[str | None, Query()] = None,
    remote: Annotated[bool | None, Query()] = None,
    min_salary: Annotated[int | None, Query(ge=0)] = None,
) -> Jobs:
    rows = [
        Job(**{field: getattr(job, field) for field in Job.model_fields})
        for job in best(profession, work.jobs, lambda job: f"{job.title} {job.tasks}")
        if (city is None or fold(city) == fold(job.city))
        and remote in (None, job.remote)
        and (min_salary is None or job.salary >= min_salary)
    ]
    return Jobs(count=len(rows), jobs=rows)


@router.get("/{job_id}")
async def get_job(job_id: JobId, work: TheWork) -> Advertisement:
    return Advertisement(**found(work, job_id)._asdict())


@router.post("/{job_id}/applications", status_code=201)
async def apply_for_job(job_id: JobId, new: NewApplication, work: TheWork) -> Application:
    job = found(work, job_id)
    work.applications += 1
    return Application(
        application_id=f"AP{work.applications:04}", job_id=job_id, employer=job.employer,
        applicant_name=new.applicant_name, status="received",
    )  # fmt: skip
