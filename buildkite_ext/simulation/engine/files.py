"""Artifacts and annotations: what jobs and users add to a build."""

from __future__ import annotations

from ..state.builds import Annotation, Artifact, Build, Job
from ..state.organization import Organization
from .changes import AnnotationChanged, ArtifactChanged, Changes
from .scheduler import Scheduler

__all__ = ["Files"]


class Files:
    """Artifacts and annotations: the only writer of them.

    Args:
        organization: the organization.
        scheduler: knows the time.
        changes: receives an event for each change.
    """

    def __init__(self, organization: Organization, scheduler: Scheduler, changes: Changes) -> None:
        self._organization = organization
        self._scheduler = scheduler
        self._changes = changes

    def upload(self, job: Job) -> None:
        """Begin the upload of the artifacts of a running job."""
        if job.state == "running":
            for path, data in job.behaviour.artifacts.items():
                artifact = Artifact(self._organization.ids.uuid(), job, path, data)
                self._organization.add_artifact(artifact)
                self._artifact_changed(artifact, None)

    def end_uploads(self, job: Job, state: str) -> None:
        """Move the artifacts whose upload has begun to their last state."""
        for artifact in job.artifacts:
            if artifact.state == "new":
                self._move_artifact(artifact, state)

    def delete_artifact(self, artifact: Artifact) -> None:
        """Delete an artifact."""
        self._move_artifact(artifact, "deleted")

    @staticmethod
    def annotation(build: Build, job: Job | None, context: str) -> Annotation | None:
        """Return the annotation of a context, of a build or of one of its jobs; None if there is none."""
        return next((item for item in build.annotations if item.job is job and item.context == context), None)

    def annotate(
        self,
        build: Build,
        job: Job | None,
        context: str,
        body: str,
        *,
        style: str | None,
        priority: int | None,
        append: bool,
    ) -> Annotation:
        """Create the annotation of a context, or update it.

        Args:
            build: the build.
            job: the job; None for an annotation of the whole build.
            context: its context: a build and each of its jobs have one annotation of a context.
            body: its body.
            style: its style; None keeps it.
            priority: its priority; None keeps it.
            append: whether the body is added to the one that is there.
        """
        known = self.annotation(build, job, context)
        before = None if known is None else known.body
        if known is None:
            known = Annotation(self._organization.ids.uuid(), context, build, job, self._now, self._now)
            build.annotations = (*build.annotations, known)
        known.body = known.body + body if append else body
        known.style = style or known.style
        known.priority = priority or known.priority
        known.updated_at = self._now
        self._annotation_changed(known, before, known.body)
        return known

    def delete_annotation(self, annotation: Annotation) -> None:
        """Delete an annotation."""
        build = annotation.build
        build.annotations = tuple(each for each in build.annotations if each is not annotation)
        self._annotation_changed(annotation, annotation.body, None)

    def _move_artifact(self, artifact: Artifact, state: str) -> None:
        before, artifact.state = artifact.state, state
        if before != state:
            self._artifact_changed(artifact, before)

    @property
    def _now(self) -> float:
        return self._scheduler.millisecond

    def _artifact_changed(self, artifact: Artifact, before: str | None) -> None:
        if artifact.job.build.number and self._changes.wanted:
            self._changes.emit(ArtifactChanged(artifact, before, artifact.state, self._now))

    def _annotation_changed(self, annotation: Annotation, before: str | None, after: str | None) -> None:
        if self._changes.wanted:
            self._changes.emit(AnnotationChanged(annotation, before, after, self._now))
