using Portolan.Scan.Order;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;

namespace Portolan.Fleet.Jobs;

/// <summary>The hosts and ports of a job by number, and the order of its hosts. Immutable; any thread.</summary>
public sealed class JobPlan
{
    private JobPlan(JobSpec spec, TargetPlan targets, ProbePorts ports)
    {
        (Spec, Targets, Ports) = (spec, targets, ports);
        HostOrder = new IndexPermutation(targets.HostCount, spec.Seed);
    }

    /// <summary>What it was made of.</summary>
    public JobSpec Spec { get; }

    /// <summary>The hosts.</summary>
    public TargetPlan Targets { get; }

    /// <summary>The ports of each host.</summary>
    public ProbePorts Ports { get; }

    /// <summary>The order of the hosts, a keyed permutation: each stretch of it is spread over all prefixes.</summary>
    public IndexPermutation HostOrder { get; }

    /// <summary>How many hosts.</summary>
    public long HostCount => (long)Targets.HostCount;

    /// <summary>Makes the plan.</summary>
    /// <exception cref="PortolanException">A target or port cannot be read, or is of a kind that a fleet does not scan.</exception>
    public static JobPlan Of(JobSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        if (spec.Misfit() is { } misfit)
        {
            throw new PortolanException($"the job cannot be read: {misfit}", $"docs/fleet-operation.md has the order of an upgrade");
        }

        var ports = new PortSelection(PortsOf(spec.Tcp), PortsOf(spec.Udp));
        var builder = new TargetPlanBuilder(new TargetOptions
        {
            Ports = ports,
            PortGrammar = new PortGrammar(tcp: true, udp: true, Model.Registry.ServiceRegistry.BuiltIn),
        });
        foreach (var target in spec.Targets)
        {
            builder.Add(target);
        }

        foreach (var target in spec.Excludes)
        {
            builder.Exclude(target);
        }

        if (builder.PendingNames > 0)
        {
            throw new PortolanException(
                "a fleet scans addresses: a name may have another address at each vantage point",
                $"write addresses, ranges or prefixes instead of names", ExitCode.Usage);
        }

        var plan = builder.Build();
        if (plan.HostCount == 0)
        {
            throw new PortolanException("no target is left to scan", $"name addresses that the excludes do not cover", ExitCode.Usage);
        }

        var lists = plan.PortLists.ToList();
        if (lists is not [var list] || list.Count != ports.Count)
        {
            throw new PortolanException(
                "a fleet probes the same ports on each target, so a target cannot name ports of its own",
                $"name all ports with -p", ExitCode.Usage);
        }

        if (list.Count == 0)
        {
            throw new PortolanException("no port is left to probe", $"name ports with -p", ExitCode.Usage);
        }

        return plan.ProbeCount > long.MaxValue
            ? throw new PortolanException(
                "the targets and ports need more than 2^63 probes", $"name smaller prefixes or fewer ports", ExitCode.Usage)
            : new JobPlan(spec, plan, list);
    }

    /// <summary>The host at a position of <see cref="HostOrder"/>.</summary>
    public long HostAt(long position) => (long)HostOrder.At((ulong)position);

    /// <summary>The hosts at positions that follow each other, in ascending order of their numbers.</summary>
    public long[] HostsAt(long position, int count)
    {
        var hosts = new long[count];
        for (var i = 0; i < count; i++)
        {
            hosts[i] = HostAt(position + i);
        }

        Array.Sort(hosts);
        return hosts;
    }

    /// <summary>The address of a host.</summary>
    public InternetAddress AddressOf(long host) => Targets.HostAt((ulong)host).Address;

    private static PortSet PortsOf(string text) => text.Length == 0 ? new PortSet() : PortSet.Parse(text);
}

/// <summary>
/// The probes of a group of hosts in their order: a keyed permutation of hosts × ports. A chunk is a stretch of its positions, so chunks
/// of any size are disjoint and together are the whole.
/// </summary>
/// <param name="plan">The job.</param>
/// <param name="number">The group's number in its job and vantage; part of the key.</param>
/// <param name="hosts">The hosts' numbers, ascending.</param>
public sealed class GroupOrder(JobPlan plan, int number, long[] hosts)
{
    // Odd and irregular, so that groups differ in every bit of their keys.
    private const ulong KeySpread = 0x9e37_79b9_7f4a_7c15;

    private readonly IndexPermutation _order =
        new((ulong)hosts.LongLength * (ulong)plan.Ports.Count, plan.Spec.Seed ^ ((ulong)(number + 1) * KeySpread));

    /// <summary>The job.</summary>
    public JobPlan Plan => plan;

    /// <summary>The hosts' numbers, ascending.</summary>
    public long[] Hosts => hosts;

    /// <summary>How many probes.</summary>
    public long Count => (long)_order.Size;

    /// <summary>The place of the host among <see cref="Hosts"/>, and the number of the port, at a position.</summary>
    public (int Host, int Port) At(long position)
    {
        var (host, port) = Math.DivRem((long)_order.At((ulong)position), plan.Ports.Count);
        return ((int)host, (int)port);
    }

    /// <summary>The position of a probe.</summary>
    public long PositionOf(int host, int port) => (long)_order.PositionOf(((ulong)host * (ulong)plan.Ports.Count) + (ulong)port);

    /// <summary>The address and port at a position.</summary>
    public (InternetAddress Address, ProbePort Port) ProbeAt(long position)
    {
        var (host, port) = At(position);
        return (plan.AddressOf(hosts[host]), plan.Ports[port]);
    }
}
