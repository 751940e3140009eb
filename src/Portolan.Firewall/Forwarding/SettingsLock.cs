using System.Diagnostics;
using Portolan.Firewall.Changing.Table;
using Portolan.Firewall.Rules;
using Portolan.Linux;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Forwarding;

/// <summary>
/// Lets one program of a network namespace at a time change what forwards share. It is an empty table that belongs to a socket: only who
/// may change rules can take it, and it is free again when the process ends, however that happens.
/// </summary>
internal sealed class SettingsLock : IDisposable
{
    private const string Name = "portolan_forward_lock";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private readonly NetlinkSocket _owner;

    private SettingsLock(NetlinkSocket owner) => _owner = owner;

    /// <summary>Takes it, and waits for others.</summary>
    /// <exception cref="PortolanException">It may not be taken, or another program does not give it back.</exception>
    public static SettingsLock Take()
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            var owner = NetlinkSocket.Open(NetlinkFamily.Netfilter);
            owner.ExplainErrors();
            var batch = new NetfilterBatch();
            new InetTableWriter(batch, Name).Create(TableFlags.Owner, mayExist: false);
            var result = batch.Send(owner);
            if (result.Status == NetfilterBatchStatus.Committed)
            {
                return new SettingsLock(owner);
            }

            owner.Dispose();
            if (result.Status == NetfilterBatchStatus.NotPermitted)
            {
                throw ForwardSettings.NotPermitted();
            }

            // That of a forward is refused with EPERM. One without an owner stays until somebody removes it, such as one that came back
            // with saved rules.
            if (result.Errno == Errno.Exists)
            {
                throw new PortolanException(
                    $"the lock table inet {Name} exists, but no process owns it",
                    $"remove it; it contains no forward: nft delete table inet {Name}",
                    ExitCode.Failed);
            }

            if (result.Errno != Errno.NotPermitted)
            {
                throw new PortolanException(
                    $"the kernel refused the forward's lock table: {result.ToException("add the table inet " + Name).Message}",
                    $"it needs nftables and tables with an owner (Linux 5.12); leave out --kernel to avoid it",
                    ExitCode.Failed);
            }

            if (Stopwatch.GetElapsedTime(began) > Patience)
            {
                throw new PortolanException(
                    $"another forward has been changing settings for {Patience.TotalSeconds:0} s without finishing",
                    $"nft list table inet {Name} names the program that holds it; if that process is stopped, kill "
                        + $"-CONT or -KILL releases it",
                    ExitCode.Failed);
            }

            Thread.Sleep(Pause);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => OwnedTable.Remove(_owner, Name);
}
