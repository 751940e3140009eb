using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Transport.Testing.Checks;

/// <summary>
/// What must hold of the segments of a connection as they are sent, whatever of them arrives: nothing beyond the right edge that the sender
/// has heard of but a probe, no acknowledgment of what did not come or that goes back, no edge that is taken back, no timestamp that goes
/// back or echo of one that was never sent, no selective acknowledgment of what did not come, one FIN in one place.
/// </summary>
internal sealed class TcpChecks
{
    private readonly Dictionary<(InternetAddress Source, PortNumber SourcePort, InternetAddress Destination, PortNumber DestinationPort),
        Direction> _directions = [];

    /// <summary>Takes note of a segment that came whole to the host that it is for.</summary>
    /// <param name="source">Who sent it.</param>
    /// <param name="destination">The receiver.</param>
    /// <param name="bytes">The segment.</param>
    /// <param name="isOfConnection">Whether that host has a connection with these ends.</param>
    internal void Arrive(InternetAddress source, InternetAddress destination, ReadOnlySpan<byte> bytes, bool isOfConnection = true)
    {
        if (TcpSegment.TryRead(bytes, out var segment) && InternetChecksum.OfTransport(source, destination, IpProtocol.Tcp, bytes) == 0)
        {
            var here = Get(source, segment.SourcePort, destination, segment.DestinationPort);
            here.Arrive(segment, Get(destination, segment.DestinationPort, source, segment.SourcePort), isOfConnection);
        }
    }

    /// <summary>Looks at a segment that is sent.</summary>
    /// <param name="source">Who sends.</param>
    /// <param name="destination">The receiver.</param>
    /// <param name="bytes">The segment.</param>
    /// <param name="mayHaveWaited">Whether it may have waited for the next hop's address, and the connection has ended since.</param>
    /// <param name="isOfConnection">Whether the sender has a connection, or what is left of one, with these ends.</param>
    /// <returns>What is wrong, or <c>null</c>.</returns>
    internal string? Check(
        InternetAddress source, InternetAddress destination, ReadOnlySpan<byte> bytes, bool mayHaveWaited = false,
        bool isOfConnection = true)
    {
        if (!TcpSegment.TryRead(bytes, out var segment) || InternetChecksum.OfTransport(source, destination, IpProtocol.Tcp, bytes) != 0)
        {
            return "it is not a TCP segment";
        }

        var here = Get(source, segment.SourcePort, destination, segment.DestinationPort);
        var there = Get(destination, segment.DestinationPort, source, segment.SourcePort);
        if (here.IsForged)
        {
            return null;
        }

        return here.Check(segment, there) ?? (isOfConnection ? null : here.CheckStray(segment, there, mayHaveWaited));
    }

    /// <summary>Segments of this connection come that nobody sent: nothing is promised of it any more, in either direction.</summary>
    internal void ExpectForgery(InternetAddress source, PortNumber sourcePort, InternetAddress destination, PortNumber destinationPort)
    {
        Get(source, sourcePort, destination, destinationPort).IsForged = true;
        Get(destination, destinationPort, source, sourcePort).IsForged = true;
    }

    private Direction Get(InternetAddress source, PortNumber sourcePort, InternetAddress destination, PortNumber destinationPort)
    {
        var key = (source, sourcePort, destination, destinationPort);
        if (!_directions.TryGetValue(key, out var direction))
        {
            _directions.Add(key, direction = new Direction());
        }

        return direction;
    }

    /// <summary>What one end has sent, and what of it has arrived.</summary>
    private sealed class Direction
    {
        private bool _isOpen;

        /// <summary>Whether no RST has left since the SYN.</summary>
        private bool _mayReset = true;
        private SequenceNumber _initial;

        /// <summary>After the last number ever sent.</summary>
        private SequenceNumber _end;

        /// <summary>After the last number that ever arrived, once the SYN has.</summary>
        private SequenceNumber? _arrivedEnd;
        private SequenceNumber? _finEnd;
        private bool _hasAcknowledged;
        private SequenceNumber _acknowledged;
        private SequenceNumber _rightEdge;

        /// <summary>The right edge that the peer has heard of.</summary>
        private SequenceNumber? _arrivedEdge;
        private int _scale;
        private bool _offersScale;
        private bool _hasTimestamp;
        private uint _timestamp;

        /// <summary>Segments that arrived at a host without the connection and may be answered, less the answers.</summary>
        private int _unanswered;

        internal bool IsForged { get; set; }

        internal void Arrive(in TcpSegment segment, Direction receiver, bool isOfConnection)
        {
            var flags = segment.Flags;
            _unanswered += !isOfConnection && (flags & TcpFlags.Rst) == 0 ? 1 : 0;
            var start = new SequenceNumber(segment.Sequence);
            var end = start + (uint)segment.SequenceLength;
            if (!_isOpen || (flags & TcpFlags.Rst) != 0 || start < _initial || end > _end)
            {
                return;
            }

            if ((flags & TcpFlags.Syn) != 0 && start == _initial)
            {
                _arrivedEnd ??= end;
            }

            if (_arrivedEnd is { } known)
            {
                _arrivedEnd = SequenceNumber.Later(known, end);
            }

            if ((flags & TcpFlags.Ack) != 0 && receiver._isOpen)
            {
                var edge = new SequenceNumber(segment.Acknowledgment) + ((uint)segment.Window << ShiftOf(flags, receiver));
                _arrivedEdge = _arrivedEdge is { } before ? SequenceNumber.Later(before, edge) : edge;
            }
        }

        internal string? Check(in TcpSegment segment, Direction peer)
        {
            var flags = segment.Flags;
            var start = new SequenceNumber(segment.Sequence);
            if ((flags & TcpFlags.Syn) != 0 && (!_isOpen || start != _initial))
            {
                var wasOpen = _isOpen;
                Open(segment, start);

                // A first SYN begins a new connection: what the peer sends of an old one with the same pair is not looked at. A peer that
                // has sent nothing but its own SYN is one that opens at the same time. A SYN-ACK may answer a SYN of the old connection
                // that comes late.
                peer._isOpen = peer._isOpen
                    && ((flags & TcpFlags.Ack) != 0
                        ? !wasOpen || !peer._hasAcknowledged
                        : !peer._hasAcknowledged && peer._end == peer._initial + 1u);
                peer._arrivedEdge = null;
            }

            // Resets and answers to strangers belong to no connection.
            if (!_isOpen || (flags & TcpFlags.Rst) != 0)
            {
                return null;
            }

            var end = start + (uint)segment.SequenceLength;
            return CheckData(segment, peer, end)
                ?? CheckTimestamp(segment, peer) ?? ((flags & TcpFlags.Ack) != 0 ? CheckAcknowledgment(segment, peer) : null);
        }

        /// <summary>
        /// RFC 9293 section 3.10.7.1: a host that has no connection answers with RST only, at most once for each segment, and never an RST.
        /// </summary>
        internal string? CheckStray(in TcpSegment segment, Direction peer, bool mayHaveWaited)
        {
            if ((segment.Flags & TcpFlags.Rst) == 0)
            {
                return mayHaveWaited || (segment.Flags & TcpFlags.Syn) != 0 ? null : "TCP sends for a connection that is over";
            }

            var isOfEnded = (_isOpen && new SequenceNumber(segment.Sequence) == _end)
                || ((segment.Flags & TcpFlags.Ack) != 0 && peer._arrivedEnd == new SequenceNumber(segment.Acknowledgment));
            if (_mayReset && isOfEnded)
            {
                // The RST of a connection that was ended while its segments waited for the next hop's address; those before it may have had
                // no room there.
                _mayReset = false;
                return null;
            }

            return peer._unanswered-- > 0 ? null : "TCP sends an RST that answers nothing";
        }

        private void Open(in TcpSegment segment, SequenceNumber start)
        {
            (_isOpen, _mayReset, _initial, _end) = (true, true, start, start);
            (_arrivedEnd, _finEnd, _arrivedEdge) = (null, null, null);
            (_hasAcknowledged, _hasTimestamp, _offersScale, _scale) = (false, false, false, 0);
            if (segment.Options.WindowScale is { } shift)
            {
                // RFC 7323 section 2.3: 14 at most.
                (_offersScale, _scale) = (true, Math.Min(shift, (byte)14));
            }
        }

        /// <summary>Windows of segments with SYN are never scaled (RFC 7323 section 2.2).</summary>
        private int ShiftOf(TcpFlags flags, Direction peer) =>
            (flags & TcpFlags.Syn) == 0 && _offersScale && peer._offersScale ? _scale : 0;

        private string? CheckData(in TcpSegment segment, Direction peer, SequenceNumber end)
        {
            var length = segment.SequenceLength;
            if (peer._hasAcknowledged && length > 1 && end > peer._rightEdge + 1)
            {
                return $"TCP data up to {end}, beyond the right edge {peer._rightEdge} that was offered";
            }

            if (peer._arrivedEdge is { } edge && length > 1 && (segment.Flags & TcpFlags.Syn) == 0 && end > edge + 1)
            {
                return $"TCP data up to {end}, beyond the right edge {edge} that it was told of";
            }

            // RFC 9293 section 3.10.4: nothing follows a FIN.
            var isFin = (segment.Flags & TcpFlags.Fin) != 0;
            if (_finEnd is { } fin && (end > fin || (isFin && end != fin)))
            {
                return $"TCP sends up to {end}{(isFin ? " with FIN" : "")}, and its FIN ended at {fin}";
            }

            if (isFin && _finEnd is null && end < _end)
            {
                return $"TCP sends a FIN that ends at {end} after it sent up to {_end}";
            }

            _finEnd = isFin ? end : _finEnd;
            _end = SequenceNumber.Later(_end, end);
            return null;
        }

        private string? CheckAcknowledgment(in TcpSegment segment, Direction peer)
        {
            if (!peer._isOpen)
            {
                return null;
            }

            var acknowledged = new SequenceNumber(segment.Acknowledgment);
            if (acknowledged > peer._end)
            {
                return $"TCP acknowledges {acknowledged}, and no more than {peer._end} was sent";
            }

            if (peer._arrivedEnd is { } arrived && acknowledged > arrived)
            {
                return $"TCP acknowledges {acknowledged}, and no more than {arrived} has arrived";
            }

            if (_hasAcknowledged && acknowledged < _acknowledged)
            {
                return $"TCP acknowledges {acknowledged} after {_acknowledged}";
            }

            var shift = ShiftOf(segment.Flags, peer);
            var edge = acknowledged + ((uint)segment.Window << shift);

            // RFC 7323 section 2.4: a scaled window may seem to shrink by less than one of its units.
            if (_hasAcknowledged && edge + (1u << shift) < _rightEdge)
            {
                return $"TCP takes its right edge back from {_rightEdge} to {edge}";
            }

            _rightEdge = _hasAcknowledged ? SequenceNumber.Later(_rightEdge, edge) : edge;
            (_hasAcknowledged, _acknowledged) = (true, acknowledged);
            return CheckBlocks(segment, peer, acknowledged);
        }

        /// <summary>
        /// RFC 2018 section 4, RFC 2883 section 4: blocks are of what has come; only the first may lie at or below the acknowledgment.
        /// </summary>
        private static string? CheckBlocks(in TcpSegment segment, Direction peer, SequenceNumber acknowledged)
        {
            var blocks = segment.Options.SackBlocks;
            for (var i = 0; i < blocks.Count; i++)
            {
                var (start, end) = (new SequenceNumber(blocks[i].Start), new SequenceNumber(blocks[i].End));
                if (start >= end || (peer._arrivedEnd is { } arrived && end > arrived) || (i > 0 && start <= acknowledged))
                {
                    return $"TCP acknowledges {start} to {end} selectively, with {acknowledged} in order and "
                        + $"{peer._arrivedEnd} the last to come";
                }
            }

            return null;
        }

        private string? CheckTimestamp(in TcpSegment segment, Direction peer)
        {
            if (!segment.Options.TryReadTimestamps(out var value, out var echo))
            {
                return null;
            }

            if (_hasTimestamp && unchecked((int)(value - _timestamp)) < 0)
            {
                return $"TCP's timestamp goes back from {_timestamp} to {value}";
            }

            (_hasTimestamp, _timestamp) = (true, value);

            // RFC 7323 section 3.2: TSecr is a TSval of the peer's.
            var isEcho = (segment.Flags & TcpFlags.Ack) != 0 && peer is { _isOpen: true, _hasTimestamp: true };
            return isEcho && unchecked((int)(echo - peer._timestamp)) > 0
                ? $"TCP echoes {echo}, and the peer's last timestamp is {peer._timestamp}"
                : null;
        }
    }
}
