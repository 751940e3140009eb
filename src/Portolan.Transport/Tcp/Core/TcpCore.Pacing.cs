namespace Portolan.Transport.Tcp.Core;

// Pacing: data leave at the rate at which the path takes them, not a window at once, so that short queues hold them (Aggarwal, Savage and
// Anderson, INFOCOM 2000; RFC 9002 section 7.7). Rates are those of Linux (tcp_update_pacing_rate). Off unless the profile or the program
// says otherwise.
internal sealed partial class TcpCore
{
    /// <summary>What was not sent in time may be made up for, so much: timers of threads are no finer.</summary>
    private const long MostPaceCredit = 2 * TcpTimings.Millisecond;

    /// <summary>Of the window for each round-trip time: in slow start it doubles meanwhile, later it may grow a little.</summary>
    private const double PaceInSlowStart = 2;
    private const double PaceAfter = 1.2;

    private bool IsPaced => Profile.UsesPacing || _rare is { MaxPacingRate: > 0 };

    /// <summary>The rate at which data leave, bytes a second; 0 for as fast as windows allow.</summary>
    internal double PacingRate
    {
        get
        {
            var most = _rare?.MaxPacingRate ?? 0;
            if (!Profile.UsesPacing || _roundTrip.Smoothed == 0)
            {
                return most;
            }

            var factor = _congestion.Window < _congestion.Threshold / 2 ? PaceInSlowStart : PaceAfter;
            var rate = factor * Math.Max(_congestion.Window, _sent.Bytes) * TcpTimings.Second / _roundTrip.Smoothed;
            return most > 0 ? Math.Min(most, rate) : rate;
        }
    }

    /// <summary>The most bytes a second; 0 for no limit.</summary>
    internal void SetMaxPacingRate(long bytes, Instant now)
    {
        Enter(now);
        Rare.MaxPacingRate = bytes;
        Rare.MayPaceAt = 0;
        Leave();
    }

    /// <summary>Whether data must wait for their time. A timer is armed for it then.</summary>
    private bool IsTooEarly()
    {
        if (_rare is not { MayPaceAt: var at } rare || at <= _now || !IsPaced)
        {
            return false;
        }

        if (Unsent > 0 || _sent.LostUnsentBytes > 0 || (_isFinQueued && !_isFinSent))
        {
            rare.PaceTimerAt = at;
        }

        return true;
    }

    /// <summary>Bytes have left: the next have to wait.</summary>
    private void NotePaced(int bytes)
    {
        if (bytes > 0 && IsPaced && PacingRate is > 0 and var rate)
        {
            var rare = Rare;
            rare.MayPaceAt = Math.Max(rare.MayPaceAt, _now - MostPaceCredit) + (long)(bytes * (double)TcpTimings.Second / rate);
        }
    }

    private long PaceTimer => _rare?.PaceTimerAt ?? TcpTimings.Never;
}
