using Portolan.Scan.Pacing;
using Portolan.Scan.Probes;
using Portolan.Scan.Results;

namespace Portolan.Scan.Engine.Raw;

/// <summary>
/// What each host's refusals (RST) added to the counts of loss, so that it can be taken back when the host turns out to limit them: what it held back is no
/// loss of the path. The driving thread's; four bytes for each host, more only for those that lost something.
/// </summary>
internal sealed class RefusalCounts(int hosts)
{
    private const int LateFrom = LossCounts.Attempts;

    private readonly int[] _first = new int[hosts];
    private readonly Dictionary<(int Host, int Attempt), int> _later = [];
    private readonly Dictionary<int, (int Sent, int Lost)> _controls = [];

    /// <summary>A port answered in time.</summary>
    public void CountAnswer(in ProbeReply reply, int host)
    {
        if (reply.Reason != ReplyReason.Reset)
        {
            return;
        }

        if (reply.Tag.Attempt == 0)
        {
            _first[host]++;
        }
        else
        {
            CountLater(host, Math.Min((int)reply.Tag.Attempt, LossCounts.Attempts - 1));
        }
    }

    /// <summary>A port was found late.</summary>
    public void CountLate(in ProbeReply reply, int host, int lastAttempt)
    {
        if (reply.Reason == ReplyReason.Reset)
        {
            CountLater(host, LateFrom + Math.Min(lastAttempt, LossCounts.Attempts - 1));
        }
    }

    /// <summary>A control probe to a port that refuses ended.</summary>
    public void CountControl(int host, bool isLost)
    {
        var (sent, lost) = _controls.GetValueOrDefault(host);
        _controls[host] = (sent + 1, lost + (isLost ? 1 : 0));
    }

    /// <summary>Takes what a host added out of counts.</summary>
    public void TakeBack(int host, LossCounts counts)
    {
        counts.CountAnswer(0, -_first[host]);
        for (var attempt = 1; attempt < LossCounts.Attempts; attempt++)
        {
            counts.CountAnswer(attempt, -_later.GetValueOrDefault((host, attempt)));
        }

        for (var attempt = 0; attempt < LossCounts.Attempts; attempt++)
        {
            counts.CountLate(attempt, -_later.GetValueOrDefault((host, LateFrom + attempt)));
        }

        var (sent, lost) = _controls.GetValueOrDefault(host);
        counts.CountControls(-sent, -lost);
    }

    /// <summary>They are taken back for good.</summary>
    public void Forget(int host)
    {
        _first[host] = 0;
        for (var attempt = 0; attempt < 2 * LossCounts.Attempts; attempt++)
        {
            _later.Remove((host, attempt));
        }

        _controls.Remove(host);
    }

    private void CountLater(int host, int attempt) => _later[(host, attempt)] = _later.GetValueOrDefault((host, attempt)) + 1;
}
