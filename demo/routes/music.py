"""Songs, artists and playlists."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import Field, StrictBool

from demo.keys import MUSIC
from demo.matching import best
from demo.routes.media import StoredTrack, media
from demo.shelf import Body, Row, missing, stock

router = APIRouter(prefix="/music", tags=["Music"])


class Track(Row):
    track_id: str
    title: str
    artist: str
    album: str
    seconds: int


class Tracks(Row):
    count: int
    tracks: list[Track]


class Hit(Row):
    track_id: str
    title: str
    plays: int


class TopTracks(Row):
    artist: str
    tracks: list[Hit]


class Playlist(Row):
    playlist_id: str
    name: str
    public: bool
    tracks: list[Track]


class NewPlaylist(Body):
    name: str = Field(min_length=1, max_length=60)
    public: StrictBool = False


class Collection(Row):
    playlists: dict[str, Playlist]


def opened() -> Collection:
    evening = Playlist(playlist_id="PL01", name="Evening", public=False, tracks=[])
    return Collection(playlists={evening.playlist_id: evening})


TheCollection = Annotated[Collection, Depends(stock(opened))]


def shown(track: StoredTrack) -> Track:
    return Track(**{field: getattr(track, field) for field in Track.model_fields})


@router.get("/tracks")
async def search_tracks(
    keywords: Annotated[str, Query(min_length=1)], limit: Annotated[int, Query(ge=1, le=20)] = 5
) -> Tracks:
    fitting = best(keywords, media().tracks, lambda track: f"{track.title} {track.artist} {track.album} {track.mood}")
    return Tracks(count=len(fitting[:limit]), tracks=[shown(track) for track in fitting[:limit]])


@router.get("/artists/{artist}/top")
async def artist_top_tracks(
    artist: Annotated[str, Path(min_length=1)], limit: Annotated[int, Query(ge=1, le=10)] = 3
) -> TopTracks:
    theirs = [track for track in media().tracks if track.artist.casefold() == artist.casefold()]
    if not theirs:
        missing(f"No such artist: {artist}")
    hits = sorted(theirs, key=lambda track: -track.plays)[:limit]
    rows = [Hit(track_id=hit.track_id, title=hit.title, plays=hit.plays) for hit in hits]
    return TopTracks(artist=theirs[0].artist, tracks=rows)


@router.post("/playlists", status_code=201, dependencies=MUSIC)
async def create_playlist(new: NewPlaylist, collection: TheCollection) -> Playlist:
    playlist_id = f"PL{len(collection.playlists) + 1:02}"
    created = Playlist(playlist_id=playlist_id, name=new.name, public=new.public, tracks=[])
    collection.playlists[playlist_id] = created
    return created


@router.put("/playlists/{playlist_id}/tracks/{track_id}", dependencies=MUSIC)
async def add_track_to_playlist(
    playlist_id: Annotated[str, Path(pattern=r"^PL[0-9]{2,}$")],
    track_id: Annotated[str, Path(pattern=r"^T[0-9]{3}$")],
    collection: TheCollection,
) -> Playlist:
    playlist = collection.playlists.get(playlist_id) or missing(f"No such playlist: {playlist_id}")
    same = (track for track in media().tracks if track.track_id == track_id)
    track = shown(next(same, None) or missing(f"No such song: {track_id}"))
    if track not in playlist.tracks:
        playlist.tracks.append(track)
    return playlist
