using Portolan.Sockets.Binding;
using Portolan.Sockets.Chart;

namespace Portolan.Sockets.Stopping;

/// <summary>What is left of a port's holders after a stop.</summary>
/// <param name="IsFree">Whether nobody holds the port any more.</param>
/// <param name="Remaining">What is worth knowing: new or old holders, and why a bind still fails. Hostile text.</param>
public sealed record StopAftermath(bool IsFree, IReadOnlyList<string> Remaining)
{
    /// <summary>Compares the holders of now with those of before.</summary>
    public static StopAftermath Of(IReadOnlyList<PortHolder> before, PortReport after)
    {
        var known = before.SelectMany(h => h.Owner.Processes).Select(p => (p.Pid, p.StartTicks)).ToHashSet();
        var remaining = new List<string>();
        foreach (var holder in after.Holders)
        {
            var main = holder.Owner.Main;
            var what = main is null ? "a socket without a process that can be seen" : $"{main.ShownName} ({main.Pid})";
            var isNew = main is not null && !known.Contains((main.Pid, main.StartTicks));
            var parent = isNew && holder.Ancestry.Count > 1 ? $": {holder.Ancestry[1].ShownName} ({holder.Ancestry[1].Pid}) started it again" : "";
            remaining.Add(isNew
                ? $"{what} holds {holder.Port}/{holder.Protocol.Name()} now{parent}"
                : $"{what} still holds {holder.Port}/{holder.Protocol.Name()}");
        }

        if (after.Holders.Count == 0)
        {
            remaining.AddRange(after.Outlooks.SelectMany(o => o.Reasons).Where(r => r.IsObstacle).Select(r => r.Text).Distinct(StringComparer.Ordinal));
        }

        return new StopAftermath(after.Holders.Count == 0, remaining);
    }
}
