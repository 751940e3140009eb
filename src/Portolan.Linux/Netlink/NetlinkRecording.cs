using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Portolan.Linux.Netlink;

/// <summary>
/// Requests and answers of netlink channels, kept to be replayed where there is no such kernel, no privilege, or no such moment again.
/// </summary>
/// <remarks>
/// The file: <c>PNLR1\n</c>; then for each exchange the family (i32), the request's length (i32) and bytes, the number of answers (i32),
/// and for each answer its length (i32) and bytes, or a negative error number. All in the byte order of the machine, as netlink itself is.
/// </remarks>
public sealed class NetlinkRecording
{
    private const int LargestDatagram = 1 << 20;

    private readonly List<Exchange> _exchanges = [];

    private static ReadOnlySpan<byte> Magic => "PNLR1\n"u8;

    /// <summary>A channel that passes everything on to <paramref name="inner"/> and keeps a copy here. It owns the inner channel.</summary>
    public INetlinkChannel Record(NetlinkFamily family, INetlinkChannel inner) => new Recorder(this, family, inner);

    /// <summary>
    /// A channel that answers from here. A request that was not recorded is refused with ENOENT, as the kernel refuses a protocol it does
    /// not know.
    /// </summary>
    public INetlinkChannel Replay(NetlinkFamily family) => new Player(this, family);

    /// <summary>Writes the file's bytes.</summary>
    public byte[] ToBytes()
    {
        using var stream = new MemoryStream();
        stream.Write(Magic);
        foreach (var exchange in _exchanges)
        {
            WriteNumber(stream, (int)exchange.Family);
            WriteBytes(stream, exchange.Request);
            WriteNumber(stream, exchange.Answers.Count);
            foreach (var answer in exchange.Answers)
            {
                if (answer.Errno != 0)
                {
                    WriteNumber(stream, -answer.Errno);
                }
                else
                {
                    WriteBytes(stream, answer.Datagram);
                }
            }
        }

        return stream.ToArray();
    }

    /// <summary>Reads a file's bytes. Never throws.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out NetlinkRecording? recording)
    {
        recording = null;
        if (!bytes.StartsWith(Magic))
        {
            return false;
        }

        var result = new NetlinkRecording();
        var rest = bytes[Magic.Length..];
        while (!rest.IsEmpty)
        {
            if (!TryReadNumber(ref rest, out var family)
                || !TryReadNumber(ref rest, out var length)
                || !TryReadBytes(ref rest, length, out var request)
                || !TryReadNumber(ref rest, out var count)
                || count < 0)
            {
                return false;
            }

            var exchange = new Exchange((NetlinkFamily)family, request);
            result._exchanges.Add(exchange);
            for (var index = 0; index < count; index++)
            {
                if (!TryReadNumber(ref rest, out length))
                {
                    return false;
                }

                if (length < 0)
                {
                    exchange.Answers.Add(new Answer([], length == int.MinValue ? Errno.InvalidArgument : -length));
                }
                else if (TryReadBytes(ref rest, length, out var datagram))
                {
                    exchange.Answers.Add(new Answer(datagram, 0));
                }
                else
                {
                    return false;
                }
            }
        }

        recording = result;
        return true;
    }

    private static void WriteNumber(Stream stream, int number) => stream.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in number)));

    private static void WriteBytes(Stream stream, byte[] bytes)
    {
        WriteNumber(stream, bytes.Length);
        stream.Write(bytes);
    }

    private static bool TryReadNumber(ref ReadOnlySpan<byte> rest, out int number)
    {
        if (!MemoryMarshal.TryRead(rest, out number))
        {
            return false;
        }

        rest = rest[sizeof(int)..];
        return true;
    }

    private static bool TryReadBytes(ref ReadOnlySpan<byte> rest, int length, out byte[] bytes)
    {
        bytes = [];
        if (length is < 0 or > LargestDatagram || length > rest.Length)
        {
            return false;
        }

        bytes = rest[..length].ToArray();
        rest = rest[length..];
        return true;
    }

    private sealed record Answer(byte[] Datagram, int Errno);

    private sealed class Exchange(NetlinkFamily family, byte[] request)
    {
        internal NetlinkFamily Family => family;

        internal byte[] Request => request;

        internal List<Answer> Answers { get; } = [];

        /// <summary>The same request, whatever its sequence number was.</summary>
        internal bool IsFor(NetlinkFamily otherFamily, ReadOnlySpan<byte> other)
        {
            const int SequenceStart = 8;
            const int SequenceEnd = 12;
            return family == otherFamily
                && other.Length == request.Length
                && other.Length >= NetlinkHeader.Size
                && other[..SequenceStart].SequenceEqual(request.AsSpan(0, SequenceStart))
                && other[SequenceEnd..].SequenceEqual(request.AsSpan(SequenceEnd));
        }
    }

    private sealed class Recorder(NetlinkRecording recording, NetlinkFamily family, INetlinkChannel inner) : INetlinkChannel
    {
        private Exchange? _current;

        public int Send(ReadOnlySpan<byte> request)
        {
            _current = new Exchange(family, request.ToArray());
            recording._exchanges.Add(_current);
            var errno = inner.Send(request);
            if (errno != 0)
            {
                _current.Answers.Add(new Answer([], errno));
            }

            return errno;
        }

        public NetlinkReceipt Receive(Span<byte> buffer)
        {
            var receipt = inner.Receive(buffer);
            if (receipt.SenderPortId == 0)
            {
                _current?.Answers.Add(new Answer(buffer[..Math.Min(receipt.Length, buffer.Length)].ToArray(), receipt.Errno));
            }

            return receipt;
        }

        public void Dispose() => inner.Dispose();
    }

    private sealed class Player(NetlinkRecording recording, NetlinkFamily family) : INetlinkChannel
    {
        private readonly HashSet<Exchange> _played = [];
        private Exchange? _current;
        private int _next;
        private uint _sequence;

        public int Send(ReadOnlySpan<byte> request)
        {
            // A repeated request gets its answers in the order of the recording, and the last ones again.
            _current = null;
            foreach (var exchange in recording._exchanges)
            {
                if (exchange.IsFor(family, request))
                {
                    _current = exchange;
                    if (_played.Add(exchange))
                    {
                        break;
                    }
                }
            }

            _next = 0;
            _sequence = MemoryMarshal.TryRead(request, out NetlinkHeader header) ? header.Sequence : 0;
            return _current is null ? Errno.NoEntry : 0;
        }

        public NetlinkReceipt Receive(Span<byte> buffer)
        {
            if (_current is null || _next >= _current.Answers.Count)
            {
                return default; // an empty datagram: the recording ended too early
            }

            var answer = _current.Answers[_next++];
            var length = Math.Min(answer.Datagram.Length, buffer.Length);
            answer.Datagram.AsSpan(0, length).CopyTo(buffer);
            SetSequence(buffer[..length]);
            return new NetlinkReceipt(answer.Datagram.Length, 0, answer.Errno);
        }

        public void Dispose()
        {
        }

        private void SetSequence(Span<byte> datagram)
        {
            while (MemoryMarshal.TryRead(datagram, out NetlinkHeader header) && header.Length >= NetlinkHeader.Size
                && header.Length <= (uint)datagram.Length)
            {
                header.Sequence = _sequence;
                MemoryMarshal.Write(datagram, in header);
                datagram = datagram[Math.Min(((int)header.Length + 3) & ~3, datagram.Length)..];
            }
        }
    }
}
