using System.Net;
using Portolan.Sockets.Binding;
using Portolan.Sockets.Chart;

namespace Portolan.Sockets.Stopping;

/// <summary>What is left of a port's holders after a stop.</summary>
/// <param name="IsFree">Whether no process holds the port any more, no connect to it is answered, and no rule that could be read forwards
/// it.</param>
/// <param name="Remaining">What is worth knowing: new or old holders, why a bind still fails, who answers, which rule forwards. Hostile
/// text.</param>
public sealed record StopAftermath(bool IsFree, IReadOnlyList<string> Remaining)
{
    /// <summary>Compares the holders of now with those of before.</summary>
    /// <param name="before">The holders before.</param>
    /// <param name="after">The port now.</param>
    /// <param name="forwards">What rules do with the port now; <c>null</c> where they could not be read.</param>
    /// <param name="answering">Addresses of this host at which a connect to the port was accepted.</param>
    public static StopAftermath Of(
        IReadOnlyList<PortHolder> before, PortReport after, IReadOnlyList<PortForward>? forwards, IReadOnlyList<IPEndPoint> answering)
    {
        var ancestors = before.SelectMany(static h => h.Ancestry.Skip(1)).Select(static p => (p.Pid, p.StartTicks)).ToHashSet();
        var known = before.SelectMany(h => h.Owner.Processes).Select(p => (p.Pid, p.StartTicks)).ToHashSet();
        var remaining = new List<string>();
        foreach (var holder in after.Holders)
        {
            var main = holder.Owner.Main;
            var what = main is null ? "a socket without a visible process" : $"{main.ShownName} ({main.Pid})";
            var isNew = main is not null && !known.Contains((main.Pid, main.StartTicks));
            if (holder.Kind == HoldKind.Connected)
            {
                remaining.Add($"{what} still has a connection on {holder.Port}/{holder.Protocol.Name()}");
                continue;
            }

            // A parent that was there before has started it anew. Any other may have adopted it: a holder that forks leaves its socket to
            // a child, as does process 1.
            var parent = !isNew || holder.Ancestry.Count < 2 ? ""
                : holder.Ancestry[1] is { Pid: not 1 } starter && ancestors.Contains((starter.Pid, starter.StartTicks))
                ? $": {starter.ShownName} ({starter.Pid}) restarted it; {Origins.StartChain.HowToEnd(starter)}"
                : $": a child of {holder.Ancestry[1].ShownName} ({holder.Ancestry[1].Pid})";
            remaining.Add(isNew
                ? $"{what} holds {holder.Port}/{holder.Protocol.Name()} now{parent}"
                : $"{what} still holds {holder.Port}/{holder.Protocol.Name()}");
        }

        if (after.Holders.Count > 0)
        {
            return new StopAftermath(false, remaining);
        }

        var leading = (forwards ?? []).Where(f => f.Targets.Count > 0 && before.Any(h => h.Protocol == f.Protocol)).ToList();
        remaining.AddRange(
            leading.Select(
                f => $"{(f.IsPartial ? "some traffic" : "traffic")} from other hosts for {f.Port}/{f.Protocol.Name()} is still forwarded "
                    + $"to {f.Words}, by {f.Rule}"));
        remaining.AddRange(answering.Select(e => $"a connect to {e} is still answered"));
        remaining.AddRange(
            after.Outlooks.SelectMany(o => o.Reasons).Where(r => r.IsObstacle).Select(r => r.Text).Distinct(StringComparer.Ordinal));
        return new StopAftermath(leading.Count == 0 && answering.Count == 0, remaining);
    }
}
