using Portolan.Scan.Pacing;

namespace Portolan.Scan.Engine;

/// <summary>Adds the balance of a resumed run to that of the processes before it.</summary>
internal static class BalanceSum
{
    /// <summary>
    /// The sum, count by count. What an earlier process had counted in a stage that it did not finish is not in it: the stage takes it over
    /// (<see cref="HostGroup.LossesBefore"/>), for only at its end it is known how often silent ports were asked.
    /// </summary>
    public static ProbeBalance Of(in ProbeBalance before, in ProbeBalance now)
    {
        var losses = new LossLedger();
        foreach (var part in (ReadOnlySpan<LossLedger?>)[before.Losses, now.Losses])
        {
            if (part is not null)
            {
                losses.Add(part);
            }
        }

        return new ProbeBalance(
            before.Sent + now.Sent, before.Retries + now.Retries, before.NotSent + now.NotSent, before.Replies + now.Replies)
        {
            Dropped = before.Dropped + now.Dropped,
            Beside = before.Beside + now.Beside,
            Losses = losses,
            Unfinished = now.Unfinished,
        };
    }
}
