using System.Buffers.Binary;
using System.Text;
using Portolan.Linux.Bpf.Listening;
using Portolan.Linux.Interop;
using Portolan.Linux.Namespaces;
using Portolan.Linux.Netlink;
using Portolan.Linux.Packet;
using Portolan.Linux.Proc;

namespace Portolan.Linux.Changes;

/// <summary>
/// Hears from the kernel that something of a network namespace changed which matters to its ports: listeners, rules, routes. Made and used
/// by one thread, whose network namespace it is. What may not be heard is listed, and the rest is heard.
/// </summary>
public sealed class KernelChanges : IDisposable
{
    // include/uapi/linux/sock_diag.h: SKNLGRP_INET_TCP_DESTROY, SKNLGRP_INET_UDP_DESTROY and their pendants of IPv6.
    private static readonly int[] ClosedTcp = [1, 3];
    private static readonly int[] ClosedUdp = [2, 4];

    // include/uapi/linux/rtnetlink.h: LINK, IPV4_IFADDR, IPV4_ROUTE, IPV4_RULE, IPV6_IFADDR, IPV6_ROUTE, IPV6_RULE.
    private static readonly int[] Routing = [1, 5, 7, 8, 9, 11, 19];

    // include/uapi/linux/netfilter/nfnetlink.h: NFNLGRP_NFTABLES.
    private static readonly int[] Nftables = [7];

    private const int BufferBytes = 1024 * 1024;
    private const int LargestDatagram = 32 * 1024;

    /// <summary>How many datagrams are taken at most before what they said is returned.</summary>
    private const int MostDatagrams = 10_000;

    // Only sockets with a port and without a peer: struct nlmsghdr (16), then struct inet_diag_msg: idiag_sport at 4, idiag_dport at 6.
    private static readonly FilterInstruction[] WithoutPeer =
    [
        new(FilterCode.LoadHalf, 0, 0, 16 + 4), new(FilterCode.JumpIfEqual, 3, 0, 0), new(FilterCode.LoadHalf, 0, 0, 16 + 6),
        new(FilterCode.JumpIfEqual, 0, 1, 0), Keep, Drop,
    ];

    // Only the message that ends a change of rules: nlmsg_type (4) is 0x0a0f, NFT_MSG_NEWGEN of nf_tables, in host order.
    private static readonly FilterInstruction[] OnlyGenerations =
        [new(FilterCode.LoadHalf, 0, 0, 4), new(FilterCode.JumpIfEqual, 0, 1, 0x0f0a), Keep, Drop];

    private readonly List<(int Descriptor, Action<KernelNews> Read)> _sources = [];
    private readonly List<IDisposable> _owned = [];
    private readonly Dictionary<KernelSource, LinuxException> _unheard = [];
    private readonly byte[] _buffer = new byte[LargestDatagram];

    private KernelChanges()
    {
    }

    /// <summary>What cannot be heard, and why.</summary>
    public IReadOnlyDictionary<KernelSource, LinuxException> Unheard => _unheard;

    private static FilterInstruction Keep => new(FilterCode.Return, 0, 0, uint.MaxValue);

    private static FilterInstruction Drop => new(FilterCode.Return, 0, 0, 0);

    /// <summary>Begins to hear what may be heard.</summary>
    public static KernelChanges Open()
    {
        var changes = new KernelChanges();
        changes.Try(KernelSource.Listeners, changes.HearListeners);
        var hasListeners = !changes._unheard.ContainsKey(KernelSource.Listeners);
        changes.Try(
            KernelSource.ClosedSockets,
            () => changes.Hear(
                KernelSource.ClosedSockets, NetlinkFamily.SocketDiagnostics, hasListeners ? ClosedUdp : [.. ClosedTcp, .. ClosedUdp],
                WithoutPeer));
        changes.Try(
            KernelSource.Rules, () => changes.Hear(KernelSource.Rules, NetlinkFamily.Netfilter, Nftables, OnlyGenerations));
        changes.Try(KernelSource.Routes, () => changes.Hear(KernelSource.Routes, NetlinkFamily.Route, Routing, null));
        return changes;
    }

    /// <summary>Waits until the kernel reports something.</summary>
    /// <param name="timeout">How long at most.</param>
    /// <returns>What it reported, all of it that is there; empty when the time is over.</returns>
    public unsafe KernelNews Wait(TimeSpan timeout)
    {
        var news = new KernelNews();
        var polls = stackalloc Libc.poll_fd[_sources.Count];
        var milliseconds = (int)Math.Clamp(Math.Ceiling(timeout.TotalMilliseconds), 0, int.MaxValue);
        for (var taken = 0; taken < MostDatagrams; taken++)
        {
            for (var index = 0; index < _sources.Count; index++)
            {
                polls[index] = new Libc.poll_fd { fd = _sources[index].Descriptor, events = Libc.POLLIN };
            }

            if (Libc.poll_one(polls, (nuint)_sources.Count, milliseconds) <= 0)
            {
                break;
            }

            for (var index = 0; index < _sources.Count; index++)
            {
                if (polls[index].revents != 0)
                {
                    _sources[index].Read(news);
                }
            }

            milliseconds = 0;
        }

        return news;
    }

    /// <inheritdoc/>
    public void Dispose() => _owned.ForEach(static owned => owned.Dispose());

    private void Try(KernelSource source, Action begin)
    {
        try
        {
            begin();
        }
        catch (LinuxException exception)
        {
            _unheard[source] = exception;
        }
    }

    private void HearListeners()
    {
        using var thread = ProcHandle.Open("/proc/thread-self/ns");
        if (thread.ReadLink("net"u8) is not { } link || !NamespaceMounts.TryParseLink(Encoding.UTF8.GetBytes(link), out var space))
        {
            throw new LinuxException(Errno.NoEntry, "find the network namespace in /proc");
        }

        var tracer = ListenerTracer.Open((uint)space);
        _owned.Add(tracer);
        if (tracer.WithoutDatagrams is { } why)
        {
            _unheard[KernelSource.Datagrams] = why;
        }

        _sources.Add((tracer.Descriptor, Take));

        void Take(KernelNews news)
        {
            news.Add(KernelSource.Listeners);
            news.HasLost |= tracer.Take(news.Add);
        }
    }

    private void Hear(KernelSource source, NetlinkFamily family, int[] groups, FilterInstruction[]? filter)
    {
        var socket = NetlinkSocket.Listen(family, groups, BufferBytes);
        _owned.Add(socket);
        if (filter is not null)
        {
            PacketSocket.Attach(socket.Handle, filter);
        }

        _sources.Add(((int)socket.Handle.DangerousGetHandle(), news => Read(source, socket, news)));
    }

    private void Read(KernelSource source, NetlinkSocket socket, KernelNews news)
    {
        var receipt = socket.Receive(_buffer);
        if (receipt.Errno == Errno.NoBufferSpace)
        {
            news.HasLost = true;
            news.Add(source);
        }
        else if (receipt.Errno == 0 && receipt.SenderPortId == 0)
        {
            news.Add(source);
            var datagram = _buffer.AsSpan(0, Math.Min(receipt.Length, _buffer.Length));
            if (source == KernelSource.Rules)
            {
                news.Author = AuthorIn(datagram) ?? news.Author;
            }
            else if (source == KernelSource.ClosedSockets)
            {
                AddClosed(datagram, news);
            }
        }
    }

    // struct inet_diag_msg: idiag_sport at 4, idiag_cookie at 44.
    private static void AddClosed(ReadOnlySpan<byte> datagram, KernelNews news)
    {
        var messages = new NetlinkMessages(datagram);
        while (messages.MoveNext())
        {
            if (messages.Payload.Length >= 52)
            {
                var port = BinaryPrimitives.ReadUInt16BigEndian(messages.Payload[4..]);
                news.Add(new ClosedSocket(BinaryPrimitives.ReadUInt64LittleEndian(messages.Payload[44..]), port));
            }
        }
    }

    private static RuleAuthor? AuthorIn(ReadOnlySpan<byte> datagram)
    {
        const ushort Process = 2;
        const ushort Name = 3;
        var messages = new NetlinkMessages(datagram);
        if (!messages.MoveNext() || messages.Payload.Length < NetfilterHeader.Size)
        {
            return null;
        }

        int? process = null;
        var name = "";
        var attributes = new NetlinkAttributes(messages.Payload[NetfilterHeader.Size..]);
        while (attributes.MoveNext())
        {
            if (attributes.Type == Process && attributes.Value.Length == sizeof(int))
            {
                process = BinaryPrimitives.ReadInt32BigEndian(attributes.Value);
            }
            else if (attributes.Type == Name)
            {
                name = Encoding.UTF8.GetString(attributes.Value.TrimEnd((byte)0));
            }
        }

        return process is { } pid ? new RuleAuthor(pid, name) : null;
    }
}
