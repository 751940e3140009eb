using Portolan.Fleet.Jobs;
using Portolan.Fleet.Messages;

namespace Portolan.Fleet.Agent;

/// <summary>A chunk as an agent works on it: which address and port each position stands for, and back.</summary>
internal sealed class ChunkOrder
{
    private readonly Dictionary<InternetAddress, long> _places = [];

    /// <summary>Reads the work that a lease is for.</summary>
    /// <exception cref="FormatException">It is damaged, or of another version.</exception>
    /// <exception cref="PortolanException">The job's targets cannot be read.</exception>
    public ChunkOrder(ChunkWork work)
    {
        var spec = JobSpec.Read(work.Spec);
        if (spec.Engine != JobSpec.CurrentEngine)
        {
            throw new FormatException($"the job has order {spec.Engine} and this agent knows {JobSpec.CurrentEngine}");
        }

        Plan = JobPlan.Of(spec);
        var (from, to) = (work.From, work.To);
        if (work.IsDiscovery)
        {
            Check(from, to, Plan.HostCount);
            for (var position = from; position < to; position++)
            {
                _places[Plan.AddressOf(Plan.HostAt(position))] = position;
            }

            return;
        }

        long[] hosts;
        if (work.Hosts is { } list)
        {
            hosts = HostListCodec.Read(list, Plan.HostCount);
        }
        else
        {
            Check(work.FirstHost, work.FirstHost + work.HostCount, Plan.HostCount);
            hosts = Plan.HostsAt(work.FirstHost, work.HostCount);
        }

        Order = new GroupOrder(Plan, work.Group, hosts);
        Check(from, to, Order.Count);
        for (var i = 0; i < hosts.Length; i++)
        {
            _places[Plan.AddressOf(hosts[i])] = i;
        }
    }

    /// <summary>The job.</summary>
    public JobPlan Plan { get; }

    /// <summary>The order of the group's probes; <c>null</c> for discovery.</summary>
    public GroupOrder? Order { get; }

    /// <summary>The position of a host in discovery; <c>null</c> for one that is not in the chunk.</summary>
    public long? PositionOf(InternetAddress address) => _places.TryGetValue(address, out var position) ? position : null;

    /// <summary>The place of a host in its group; <c>null</c> for one that is not in it.</summary>
    public int? PlaceOf(InternetAddress address) => _places.TryGetValue(address, out var place) ? (int)place : null;

    private static void Check(long from, long to, long count)
    {
        if (from < 0 || from >= to || to > count)
        {
            throw new FormatException($"the chunk is {from} to {to} of {count} positions");
        }
    }
}
