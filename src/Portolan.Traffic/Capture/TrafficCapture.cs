using System.Globalization;
using Portolan.Linux.Packet;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Sockets;
using Portolan.Sockets.Filtering;

namespace Portolan.Traffic.Capture;

/// <summary>Writes packets that a filter chooses as pcapng, each with a comment on its process and service.</summary>
public sealed class TrafficCapture
{
    /// <summary>How long a packet is waited for before the end is looked for.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    private readonly PacketCapture _packets;
    private readonly SocketDirectory _directory;
    private readonly SocketFilter _filter;
    private readonly CaptureLimits _limits;
    private readonly CaptureTarget _target;
    private readonly CaptureNames _names;
    private readonly byte[] _buffer = new byte[PacketCapture.LargestPacket];
    private readonly Dictionary<(int Interface, LinkLayer Layer), int> _interfaces = [];

    /// <summary>Takes what it needs.</summary>
    public TrafficCapture(
        PacketCapture packets, SocketDirectory directory, SocketFilter filter, CaptureLimits limits, CaptureTarget target,
        CaptureNames names)
    {
        _packets = packets;
        _directory = directory;
        _filter = filter;
        _limits = limits;
        _target = target;
        _names = names;
    }

    /// <summary>Packets that were written.</summary>
    public long Written { get; private set; }

    /// <summary>Packets for which the filter could not be decided: what it asks is hidden. They are not written.</summary>
    public long Undecided { get; private set; }

    /// <summary>Packets that the kernel dropped.</summary>
    public long Dropped => _packets.Dropped;

    /// <summary>Captures until a limit is reached.</summary>
    /// <param name="elapsed">How long it has captured.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public void Run(Func<TimeSpan> elapsed, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var left = _limits.Time is { } time ? time - elapsed() : Patience;
            if (left <= TimeSpan.Zero)
            {
                return;
            }

            if (!_packets.Wait(left < Patience ? left : Patience))
            {
                _target.Flush();
                continue;
            }

            while (_packets.TryTake(_buffer, out var packet))
            {
                if (packet.Length > 0 && !Take(packet, cancellationToken))
                {
                    return;
                }

                if (cancellationToken.IsCancellationRequested)
                {
                    return;
                }
            }
        }
    }

    /// <summary>Writes a packet when it is chosen.</summary>
    /// <returns>Whether there is room for more.</returns>
    private bool Take(in CapturedPacket packet, CancellationToken cancellationToken)
    {
        var frame = _buffer.AsSpan(0, packet.Length);
        var comment = "";
        if (PacketEnds.TryRead(frame, packet.Layer, out var ends) && ends.Protocol is { } protocol)
        {
            if (!IsChosen(packet, ends, protocol, out comment, cancellationToken))
            {
                return true;
            }
        }
        else if (_filter.Syntax is not null)
        {
            return true; // neither a socket nor a port that a filter could choose
        }

        if (_target.Begin(packet.Length))
        {
            _interfaces.Clear();
        }

        var key = (packet.InterfaceIndex, packet.Layer);
        if (!_interfaces.TryGetValue(key, out var number))
        {
            number = _target.Writer.AddInterface(_names.Interface(packet.InterfaceIndex), packet.Layer);
            _interfaces.Add(key, number);
        }

        var kept = Math.Min(frame.Length, _limits.Snap);
        _target.Writer.Write(
            number, packet.Nanoseconds, frame[..kept], packet.Direction, packet.OriginalLength, comment.Length == 0 ? null : comment);
        Written++;
        return Written < _limits.Packets && !_target.IsFull;
    }

    /// <summary>
    /// Asks the filter about the socket at this host's end; on loopback, where both ends are, about each.
    /// </summary>
    private bool IsChosen(
        in CapturedPacket packet, in PacketEnds ends, SocketProtocol protocol, out string comment, CancellationToken cancellationToken)
    {
        var sender = _directory.Find(
            protocol, ends.Source, ends.SourcePort, ends.Destination, ends.DestinationPort, cancellationToken);
        var receiver = _directory.Find(
            protocol, ends.Destination, ends.DestinationPort, ends.Source, ends.SourcePort, cancellationToken);
        var isLocal = ends.Source.IsLoopback || (sender.Inode != 0 && receiver.Inode != 0);
        var isOutbound = packet.Direction == FrameDirection.Outbound;
        var judged = isLocal ? Max(Judge(sender), Judge(receiver)) : Judge(isOutbound ? sender : receiver);
        comment = "";
        switch (judged)
        {
            case FilterResult.Unknown:
                Undecided++;
                return false;
            case FilterResult.No:
                return false;
        }

        var from = isLocal || isOutbound ? Owner(sender) : "";
        var to = isLocal || !isOutbound ? Owner(receiver) : "";
        var service = _names.Service(protocol, ends.DestinationPort) ?? _names.Service(protocol, ends.SourcePort);
        string?[] parts =
        [
            from.Length == 0 ? null : $"from {from}", to.Length == 0 ? null : $"to {to}", service is null ? null : $"service {service}",
        ];
        comment = string.Join(", ", parts.Where(static part => part is not null));
        return true;
    }

    private FilterResult Judge(in SocketEntry entry) =>
        _filter.Syntax is null ? FilterResult.Yes : _filter.Judge(entry, _directory.Context);

    private static FilterResult Max(FilterResult left, FilterResult right) => left > right ? left : right;

    private string Owner(in SocketEntry entry) => string.Join(
        " and ", _directory.Holders(entry).Select(static holder => string.Create(
            CultureInfo.InvariantCulture, $"{holder.ShownName} ({holder.Pid}{(holder.Unit is { } unit ? $", {unit}" : "")})")));
}

/// <summary>When a capture ends, and how much of a packet is kept.</summary>
/// <param name="Time">How long; <c>null</c> for until it is ended.</param>
/// <param name="Packets">How many packets.</param>
/// <param name="Snap">How many bytes of a packet.</param>
public sealed record CaptureLimits(TimeSpan? Time, long Packets, int Snap);

/// <summary>Names of interfaces and services.</summary>
/// <param name="Interface">The name of an interface by its number.</param>
/// <param name="Service">The service of a port, or <c>null</c>.</param>
public sealed record CaptureNames(Func<int, string> Interface, Func<SocketProtocol, ushort, string?> Service);
