using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Transport.Testing.Checks;

/// <summary>
/// What must hold of the segments of a connection as they are sent, whatever of them arrives: nothing beyond the right edge that the peer ever offered but
/// a probe, no acknowledgment of what was not sent or that goes back, no edge that is taken back, no timestamp that goes back.
/// </summary>
internal sealed class TcpChecks
{
    private readonly Dictionary<(InternetAddress Source, PortNumber SourcePort, InternetAddress Destination, PortNumber DestinationPort), Direction> _directions = [];

    internal string? Check(InternetAddress source, InternetAddress destination, ReadOnlySpan<byte> bytes)
    {
        if (!TcpSegment.TryRead(bytes, out var segment) || InternetChecksum.OfTransport(source, destination, IpProtocol.Tcp, bytes) != 0)
        {
            return "it is no TCP segment";
        }

        var here = Get(source, segment.SourcePort, destination, segment.DestinationPort);
        var there = Get(destination, segment.DestinationPort, source, segment.SourcePort);
        return here.Check(segment, there);
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

    /// <summary>What one end has sent.</summary>
    private sealed class Direction
    {
        private bool _isOpen;
        private SequenceNumber _initial;

        /// <summary>After the last number ever sent.</summary>
        private SequenceNumber _end;
        private bool _hasAcknowledged;
        private SequenceNumber _acknowledged;
        private SequenceNumber _rightEdge;
        private int _scale;
        private bool _offersScale;
        private bool _hasTimestamp;
        private uint _timestamp;

        internal string? Check(in TcpSegment segment, Direction peer)
        {
            var flags = segment.Flags;
            var start = new SequenceNumber(segment.Sequence);
            if ((flags & TcpFlags.Syn) != 0 && (!_isOpen || start != _initial))
            {
                Open(segment, start);

                // A first SYN begins a new connection: what the peer sends of an old one with the same pair is not looked at.
                peer._isOpen = peer._isOpen && (flags & TcpFlags.Ack) != 0;
            }

            // Resets and answers to strangers belong to no connection.
            if (!_isOpen || (flags & TcpFlags.Rst) != 0)
            {
                return null;
            }

            var length = (uint)segment.SequenceLength;
            var end = start + length;
            if (peer._hasAcknowledged && length > 1 && end > peer._rightEdge + 1)
            {
                return $"TCP data up to {end}, beyond the right edge {peer._rightEdge} that was offered";
            }

            _end = SequenceNumber.Later(_end, end);
            return CheckTimestamp(segment) ?? ((flags & TcpFlags.Ack) != 0 ? CheckAcknowledgment(segment, peer) : null);
        }

        private void Open(in TcpSegment segment, SequenceNumber start)
        {
            (_isOpen, _initial, _end) = (true, start, start);
            (_hasAcknowledged, _hasTimestamp, _offersScale, _scale) = (false, false, false, 0);
            if (segment.Options.WindowScale is { } shift)
            {
                // RFC 7323 section 2.3: 14 at most.
                (_offersScale, _scale) = (true, Math.Min(shift, (byte)14));
            }
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

            if (_hasAcknowledged && acknowledged < _acknowledged)
            {
                return $"TCP acknowledges {acknowledged} after {_acknowledged}";
            }

            // Windows of segments with SYN are never scaled (RFC 7323 section 2.2).
            var shift = (segment.Flags & TcpFlags.Syn) == 0 && _offersScale && peer._offersScale ? _scale : 0;
            var edge = acknowledged + ((uint)segment.Window << shift);

            // RFC 7323 section 2.4: a scaled window may seem to shrink by less than one of its units.
            if (_hasAcknowledged && edge + (1u << shift) < _rightEdge)
            {
                return $"TCP takes its right edge back from {_rightEdge} to {edge}";
            }

            _rightEdge = _hasAcknowledged ? SequenceNumber.Later(_rightEdge, edge) : edge;
            (_hasAcknowledged, _acknowledged) = (true, acknowledged);
            return null;
        }

        private string? CheckTimestamp(in TcpSegment segment)
        {
            if (!segment.Options.TryReadTimestamps(out var value, out _))
            {
                return null;
            }

            if (_hasTimestamp && unchecked((int)(value - _timestamp)) < 0)
            {
                return $"TCP's timestamp goes back from {_timestamp} to {value}";
            }

            (_hasTimestamp, _timestamp) = (true, value);
            return null;
        }
    }
}
