using Portolan.Firewall.Rules;
using Portolan.Linux;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Tracing;

/// <summary>Follows live packets of this machine through the rules, by a table of its own that does nothing but mark them.</summary>
/// <remarks>
/// The table belongs to a socket (NFT_TABLE_F_OWNER, Linux 5.12): the kernel removes it when the socket closes, even where the process is
/// killed. Before that it is removed when this is disposed, and stays when the process is killed; then <see cref="IsOwned"/> is false.
/// One thread.
/// </remarks>
public sealed class LiveTrace : IDisposable
{
    /// <summary>The name of the table, with a number behind it where another trace runs.</summary>
    public const string Name = "portolan_trace";

    private const int TraceGroup = 9; // NFNLGRP_NFTRACE
    private const int EventBytes = 8 * 1024 * 1024;
    private const int MostAtOnce = 100;

    private readonly NetlinkSocket _owner;
    private readonly NetlinkSocket _events;
    private readonly byte[] _buffer = new byte[32 * 1024];

    private LiveTrace(NetlinkSocket owner, NetlinkSocket events, string tableName, bool isOwned) =>
        (_owner, _events, TableName, IsOwned) = (owner, events, tableName, isOwned);

    /// <summary>The table's name.</summary>
    public string TableName { get; }

    /// <summary>Whether the kernel removes the table by itself.</summary>
    public bool IsOwned { get; }

    /// <summary>How often events were lost because they came faster than they were read.</summary>
    public int Losses { get; private set; }

    /// <summary>Begins, in the namespace of the calling thread.</summary>
    /// <exception cref="PortolanException">Exit code 4 where privilege is missing.</exception>
    /// <exception cref="LinuxException">The kernel refuses the table.</exception>
    public static LiveTrace Start(TraceFilter filter)
    {
        var events = NetlinkSocket.Listen(NetlinkFamily.Netfilter, TraceGroup, EventBytes);
        NetlinkSocket? owner = null;
        try
        {
            owner = NetlinkSocket.Open(NetlinkFamily.Netfilter);
            owner.ExplainErrors();
            return Start(filter, owner, events);
        }
        catch
        {
            owner?.Dispose();
            events.Dispose();
            throw;
        }
    }

    /// <summary>Waits for events and hands them out.</summary>
    /// <returns>Whether any came in time.</returns>
    /// <exception cref="LinuxException">The socket failed.</exception>
    public bool Read(TimeSpan timeout, Action<TraceEvent> visit)
    {
        if (!_events.Wait(timeout))
        {
            return false;
        }

        for (var count = 0; count < MostAtOnce && (count == 0 || _events.Wait(TimeSpan.Zero)); count++)
        {
            var receipt = _events.Receive(_buffer);
            if (receipt.Errno == Errno.NoBufferSpace)
            {
                Losses++;
            }
            else if (receipt.Errno != 0)
            {
                throw new LinuxException(receipt.Errno, "read the trace");
            }
            else if (receipt.SenderPortId == 0 && receipt.Length <= _buffer.Length)
            {
                Visit(_buffer.AsSpan(0, receipt.Length), visit);
            }
        }

        return true;
    }

    /// <summary>Removes the table.</summary>
    public void Dispose()
    {
        if (!IsOwned)
        {
            var batch = new NetfilterBatch();
            batch.Begin(NetfilterMessage.DeleteTable, (byte)RuleFamily.Inet, NetlinkFlags.None, "table").Text(1, TableName);
            batch.Send(_owner);
        }

        _owner.Dispose();
        _events.Dispose();
    }

    private static LiveTrace Start(TraceFilter filter, NetlinkSocket owner, NetlinkSocket events)
    {
        const int MostTraces = 32;
        var isOwned = true;
        for (var number = 1; ;)
        {
            var name = number == 1 ? Name : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Name}{number}");
            var batch = new NetfilterBatch();
            TraceTable.Add(batch, name, isOwned, filter.Rules());
            var result = batch.Send(owner);
            switch (result)
            {
                case { Status: NetfilterBatchStatus.Committed }:
                    return new LiveTrace(owner, events, name, isOwned);
                case { Status: NetfilterBatchStatus.NotPermitted }:
                    throw new PortolanException(
                        "tracing packets requires CAP_NET_ADMIN", $"run it as root, e.g. with sudo", ExitCode.NoPrivilege);
                case { Errno: Errno.Exists or Errno.NotPermitted } when number < MostTraces:
                    number++; // another trace has that name; one that belongs to another socket is refused with EPERM
                    break;
                case { Errno: Errno.NotSupported or Errno.InvalidArgument } when isOwned:
                    isOwned = false; // before Linux 5.12
                    break;
                default:
                    throw result.ToException("trace packets");
            }
        }
    }

    private static void Visit(ReadOnlySpan<byte> datagram, Action<TraceEvent> visit)
    {
        var messages = new NetlinkMessages(datagram);
        while (messages.MoveNext())
        {
            if (messages.Header.Type == NetfilterHeader.Type(NetfilterMessage.Trace) && TraceEvent.TryRead(messages.Payload, out var told))
            {
                visit(told);
            }
        }
    }
}
