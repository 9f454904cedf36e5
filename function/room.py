"""How much the project really has room for: found by its 429s, followed down and up."""

from .window import WINDOW_SECONDS, Sent, Window

# How much of the room is used: the rest is for what the account can't see, as the order of arrival. After a
# surprise, a 429 below the room, so much: others take more from minute to minute. Within a minute, when what
# was sent before has left the window, it is back to the first.
STEADY_SHARE, SURPRISED_SHARE, RECOVERY_SECONDS = 0.985, 0.85, 60.0
# A surprise below so much of the room: it is another one.
SAME_SHARE = 0.95
# How much faster than the room's own rate it is filled up: usually, and to venture beyond.
PACE, VENTURE_PACE = 1.1, 2.0
# Between a refusal and the next venture: so many seconds and so many accepted batches, so that few requests
# are refused. Once the room has stood for ten minutes, so many batches for each 429 of the last refusal.
VENTURE_SECONDS, VENTURE_BATCHES, LONGEST_VENTURE_SECONDS = 40.0, 300, 600.0
YOUNG_SECONDS = 600.0
# While nothing leaves a full window: 2, 4, 8, ... s after a refusal.
FIRST_VENTURE_SECONDS = 2.0
# Rounds of ventures: one batch in each of the first, a while apart; then twice as many in each.
LONE_ROUNDS, LONE_SECONDS, MOST_VENTURES = 3, 1.0, 16
# A room so small is hardly the project's: the first success does for the lone rounds.
SMALL_LOAD = 1.0
# Beyond the room only where so much of ours leaves soon that a refusal is made up for.
LEAVING_SECONDS = 2.0
LEAST_WAIT_SECONDS = 0.001
LONG_AGO = float("-inf")


class Room:
    """Not thread-safe. Every `now` is of one clock that doesn't run back; loads are the window's.

    Unknown at first: then there is no limit here. A 429 says how much is too much: the load that its batch
    came on top of. That is the room. From then on batches go while the load is below a share of it, which
    after each such surprise grows from 0.85 to 0.985 within a minute.

    Now and then the room is filled and a batch ventures beyond. Where that is accepted, three times running,
    there is more room: two go beyond it, four, eight, sixteen, and then it is unknown again. Where it is
    refused, it has cost a 429 or a few, and the room is what it was found to be now. While what was sent
    before a 429 still fills the room, a batch ventures too.
    """

    def __init__(self, window: Window) -> None:
        self._window = window
        self._room: float | None = None
        self._found_at = self._refused_at = self._surprised_at = LONG_AGO
        self._paid_at = self._booked_at = LONG_AGO
        self._accepted = self._refused = 0  # since the last refusal that said something, and with it
        self._venture_at, self._interval_seconds = LONG_AGO, 0.0
        self._venturing: list[Sent] = []  # and not answered yet; with those that filled the room for it
        self._rounds = self._ventured = 0  # rounds that succeeded; batches sent beyond the room in this one

    def delay_seconds(self, now: float, records: int, json_bytes: int) -> float:
        """0: there is room, or the batch may venture. Else ask again after so long, or after an answer."""
        if self._room is None:
            return 0.0
        self._forget_unanswered(now)
        load, ventures = self._window.load(now), self._ventures(now)
        if load == 0:  # a batch of any size goes in the end
            return 0.0
        if ventures and self._booked_at == now:  # a venture is told from others by its time
            return LEAST_WAIT_SECONDS
        with_two = self._window.load(now, 2 * records, 2 * json_bytes)
        if load < self._limit(now) and (with_two <= self._room or ventures):
            return max(0.0, self._paid_at - now)
        wait_seconds = self._window.next_change(now)
        if load >= self._room:
            if ventures or now >= self._venture_at:
                if self._ventured < self._round_batches():
                    return 0.0
            else:
                wait_seconds = min(wait_seconds, self._venture_at - now)
        return max(wait_seconds, LEAST_WAIT_SECONDS)

    def book(self, now: float, records: int, json_bytes: int) -> None:
        """To be called for every batch that goes."""
        limit, ventures = self._limit(now), self._ventures(now)
        sent = self._window.add(now, records, json_bytes)
        self._booked_at = now
        if self._room is None:
            return
        is_beyond = sent.load_before >= limit
        if is_beyond or (ventures and not self._ventured):
            self._venturing.append(sent)
        self._ventured += is_beyond
        if limit > 0:
            pace = (VENTURE_PACE if ventures else PACE) * limit / WINDOW_SECONDS
            self._paid_at = max(self._paid_at, now) + (sent.load - sent.load_before) / pace

    def answered(self, now: float, sent_at: float, *, accepted: bool) -> None:
        """Any answer but a 429; not `accepted` where it says nothing of the room, as a 5xx."""
        self._accepted += accepted
        venture = self._take_venture(sent_at)
        if venture is None or self._room is None or sent_at <= self._refused_at:
            return
        if accepted and self._rounds >= LONE_ROUNDS:
            self._room = max(self._room, venture.load)
        if self._ventured and not self._venturing:
            self._end_round(now, succeeded=accepted)

    def refused(self, now: float, sent_at: float, retry_after_seconds: float | None) -> float:
        """A 429: for how long nothing may be sent."""
        venture = self._take_venture(sent_at)
        sent = venture or self._window.find(sent_at)
        load = self._window.load(now) if sent is None else sent.load_before
        if self._room is None:
            self._room, self._found_at = load, now
        room_before = self._room
        self._room = min(self._room, load)
        hold_seconds = retry_after_seconds or 0.0
        if sent_at <= self._refused_at:  # sent before the refusal was known that has said it all
            self._refused += 1
            return hold_seconds
        if venture is None:
            if load < SAME_SHARE * room_before:
                self._found_at = now
            self._surprised_at, self._interval_seconds = now, FIRST_VENTURE_SECONDS
            hold_seconds = FIRST_VENTURE_SECONDS if retry_after_seconds is None else retry_after_seconds
            self._venture_at = now + hold_seconds
        else:
            self._interval_seconds = min(2 * self._interval_seconds, VENTURE_SECONDS)
            self._venture_at = now + self._interval_seconds
        self._refused_at, self._accepted, self._refused = now, 0, 1
        self._rounds = self._ventured = 0
        return hold_seconds

    def _limit(self, now: float) -> float:
        """Of the load that a batch may come on top of."""
        if self._room is None:
            return float("inf")
        if self._ventures(now) and not self._ventured:
            return self._room
        recovered = min(1.0, (now - self._surprised_at) / RECOVERY_SECONDS)
        return self._room * (SURPRISED_SHARE + (STEADY_SHARE - SURPRISED_SHARE) * recovered)

    def _ventures(self, now: float) -> bool:
        """Whether it is time to go beyond the room, and to fill it for that."""
        if self._room is None or now < self._venture_at:
            return False
        passed_seconds = now - self._refused_at
        if passed_seconds >= LONGEST_VENTURE_SECONDS:
            return True
        if self._rounds == 0:
            is_young = now < self._found_at + YOUNG_SECONDS
            batches = VENTURE_BATCHES * (1 if is_young else self._refused)
            if passed_seconds < VENTURE_SECONDS or self._accepted < batches:
                return False
        return self._window.leaving(now, LEAVING_SECONDS) >= self._room - self._window.load(now)

    def _round_batches(self) -> int:
        return 1 << max(0, self._rounds - LONE_ROUNDS + 1)

    def _end_round(self, now: float, *, succeeded: bool) -> None:
        self._ventured = 0
        self._rounds += succeeded
        if succeeded and self._room is not None and self._room < SMALL_LOAD:
            self._rounds = max(self._rounds, LONE_ROUNDS)
        if self._rounds <= LONE_ROUNDS:
            self._venture_at = now + LONE_SECONDS
        if self._round_batches() > MOST_VENTURES:
            self._room, self._rounds = None, 0

    def _take_venture(self, sent_at: float) -> Sent | None:
        venture = next((sent for sent in self._venturing if sent.at == sent_at), None)
        if venture is not None:
            self._venturing.remove(venture)
        return venture

    def _forget_unanswered(self, now: float) -> None:
        """Those that nobody answered within a minute, should there be any, hold up no others."""
        while self._venturing and self._venturing[0].at <= now - WINDOW_SECONDS:
            del self._venturing[0]
            if not self._venturing:
                self._ventured = 0
