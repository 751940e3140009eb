using System.Globalization;
using Portolan.Firewall.Changing.Table;
using Portolan.Linux;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Forwarding;

/// <summary>
/// Ports that the kernel forwards, for as long as this object lives. The rules go with it, also where the process is killed.
/// </summary>
/// <remarks>
/// In the network namespace of the thread that opens it. What the kernel needs beside rules is set by <see cref="ForwardSettings"/>.
/// Connections that were forwarded before stay as they are: the kernel keeps their translation as long as it tracks them. One thread.
/// </remarks>
public sealed class KernelForwards : IDisposable
{
    private const int MostTables = 64;

    private readonly NetlinkSocket _owner;
    private List<KernelForward> _forwards;
    private bool _isGone;

    private KernelForwards(NetlinkSocket owner, string tableName, IReadOnlyList<KernelForward> forwards) =>
        (_owner, TableName, _forwards) = (owner, tableName, [.. forwards]);

    /// <summary>How often the kernel was asked to change the rules.</summary>
    internal int Transactions { get; private set; }

    /// <summary>The table's name, of family inet.</summary>
    public string TableName { get; }

    /// <summary>The forwards, with the targets they have now.</summary>
    public IReadOnlyList<KernelForward> Forwards => _forwards;

    /// <summary>Loads the rules.</summary>
    /// <exception cref="PortolanException">Exit code 4: CAP_NET_ADMIN is missing. Else the kernel has no such tables.</exception>
    /// <exception cref="LinuxException">No socket is to be had.</exception>
    public static KernelForwards Open(IReadOnlyList<KernelForward> forwards)
    {
        ArgumentNullException.ThrowIfNull(forwards);
        var owner = NetlinkSocket.Open(NetlinkFamily.Netfilter);
        try
        {
            owner.ExplainErrors();
            for (var number = 1; ; number++)
            {
                var name = number == 1 ? ForwardTable.Name : string.Create(CultureInfo.InvariantCulture, $"{ForwardTable.Name}{number}");
                var result = ForwardTable.Batch(name, forwards).Send(owner);
                if (result.Status == NetfilterBatchStatus.Committed)
                {
                    return new KernelForwards(owner, name, forwards);
                }

                // Another one has that name; what belongs to another socket is refused with EPERM.
                if (result.Status == NetfilterBatchStatus.NotPermitted || result.Errno is not (Errno.Exists or Errno.NotPermitted)
                    || number == MostTables)
                {
                    throw Refused(result, name);
                }
            }
        }
        catch
        {
            owner.Dispose();
            throw;
        }
    }

    /// <summary>Gives a forward other targets. New connections go to them; those that are there stay where they are.</summary>
    /// <exception cref="PortolanException">The kernel refuses; nothing was changed.</exception>
    public void SetTargets(int index, IReadOnlyList<KernelTarget> targets) => SetTargets([(index, targets)]);

    /// <summary>Gives forwards other targets, in one transaction.</summary>
    /// <exception cref="PortolanException">The kernel refuses; nothing was changed.</exception>
    public void SetTargets(IReadOnlyCollection<(int Index, IReadOnlyList<KernelTarget> Targets)> changes)
    {
        ArgumentNullException.ThrowIfNull(changes);
        List<KernelForward> changed = [.. _forwards];
        foreach (var (index, targets) in changes)
        {
            changed[index] = changed[index] with { Targets = targets };
        }

        Update(changed, changes.Select(static c => c.Index));
    }

    /// <summary>
    /// New connections go nowhere any more, whichever forward they are for; those that are there stay where they are. One transaction,
    /// however many there are.
    /// </summary>
    /// <exception cref="PortolanException">The kernel refuses; nothing was changed.</exception>
    public void RemoveAllTargets() =>
        Update([.. _forwards.Select(static f => f with { Targets = [] })], Enumerable.Range(0, _forwards.Count));

    /// <summary>What was counted so far of each forward.</summary>
    /// <exception cref="LinuxException">The kernel does not tell.</exception>
    public IReadOnlyList<KernelForwardCounts> ReadCounts()
    {
        var counters = NetfilterList.Counters(_owner, TableName);
        return
        [
            .. Enumerable.Range(1, _forwards.Count).Select(number =>
            {
                var (up, down) = (counters.GetValueOrDefault(ForwardTable.Up(number)),
                    counters.GetValueOrDefault(ForwardTable.Down(number)));
                return new KernelForwardCounts(
                    counters.GetValueOrDefault(ForwardTable.Began(number)).Packets, up.Packets, up.Bytes, down.Packets, down.Bytes);
            }),
        ];
    }

    /// <summary>Takes the rules away.</summary>
    public void Dispose()
    {
        if (!_isGone)
        {
            _isGone = true;
            OwnedTable.Remove(_owner, TableName);
        }
    }

    private void Update(List<KernelForward> forwards, IEnumerable<int> changed)
    {
        Transactions++;
        var result = ForwardTable.Update(TableName, forwards, changed).Send(_owner);
        if (result.Status != NetfilterBatchStatus.Committed)
        {
            throw Refused(result, TableName);
        }

        _forwards = forwards;
    }

    private static PortolanException Refused(NetfilterBatchResult result, string name) => result.Status == NetfilterBatchStatus.NotPermitted
        ? ForwardSettings.NotPermitted()
        : new PortolanException(
            $"the kernel refused the rules of the forward: {result.ToException("add the table inet " + name).Message}",
            $"they need nftables with NAT (modules nft_chain_nat, nft_fib_inet, nft_ct, nft_numgen) and tables with an owner (Linux "
                + $"5.12); leave out --kernel to avoid them",
            ExitCode.Failed);
}
