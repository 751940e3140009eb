using Portolan.Sockets.Owners;
using Portolan.Traffic.Counting;

namespace Portolan.Traffic.Grouping;

/// <summary>
/// Finds processes that hold sockets for which no call was seen: by the socket's inode, or that of the listener that took the connection.
/// </summary>
public sealed class HolderSearch(IOwnerFinder finder)
{
    private readonly Dictionary<uint, int> _known = [];

    /// <summary>How many processes could not be looked into at the last search.</summary>
    public int HiddenProcesses { get; private set; }

    /// <summary>Looks for the holders of flows that carried something. Each inode is looked for once.</summary>
    public void Find(TrafficReading reading, CancellationToken cancellationToken)
    {
        var open = reading.Flows
            .Where(static f => f is { Shares.Count: 0, HolderPid: 0 } && ((f.BytesIn ?? 0) > 0 || (f.BytesOut ?? 0) > 0)).ToList();
        var wanted = open.SelectMany(f => (uint[])[f.Inode, reading.ListenerOf(f)]).Where(i => i != 0 && !_known.ContainsKey(i))
            .Distinct().Order().ToArray();
        if (wanted.Length > 0)
        {
            var owners = finder.Find(wanted, cancellationToken);
            HiddenProcesses = owners.HiddenProcesses;
            foreach (var inode in wanted)
            {
                var pids = owners.Pids(inode);
                _known[inode] = pids.IsEmpty ? 0 : pids[0];
            }
        }

        foreach (var flow in open)
        {
            flow.HolderPid = Known(flow.Inode) is var own and not 0 ? own : Known(reading.ListenerOf(flow));
        }
    }

    private int Known(uint inode) => inode == 0 ? 0 : _known.GetValueOrDefault(inode);
}
