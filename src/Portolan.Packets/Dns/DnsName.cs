namespace Portolan.Packets;

/// <summary>A domain name inside a DNS message, compressed or not (RFC 1035 section 4.1.4). It was checked when it was found.</summary>
public readonly ref struct DnsName
{
    /// <summary>The most bytes of an uncompressed name, its root included (RFC 1035 section 2.3.4).</summary>
    public const int MaxLength = 255;

    /// <summary>The most characters of <see cref="ToString"/>: every byte escaped.</summary>
    public const int MaxTextLength = 4 * MaxLength;

    // A name has at most 127 labels, and a pointer that leads to no label is of no use.
    private const int MaxPointers = 127;

    private readonly ReadOnlySpan<byte> _message;
    private readonly int _offset;

    private DnsName(ReadOnlySpan<byte> message, int offset)
    {
        _message = message;
        _offset = offset;
    }

    /// <summary>Whether this is the root, which has no labels.</summary>
    public bool IsRoot => !GetEnumerator().MoveNext();

    /// <summary>For <c>foreach</c>: the labels from the left, as bytes.</summary>
    public Enumerator GetEnumerator() => new(_message, _offset);

    /// <summary>Reads the name at <paramref name="offset"/>.</summary>
    /// <param name="message">The whole message, for pointers count from its start.</param>
    /// <param name="offset">Where the name starts.</param>
    /// <param name="name">The name.</param>
    /// <param name="end">Where the bytes after the name start.</param>
    /// <returns>False when it is cut short, longer than 255 bytes, has an unknown kind of label, or a pointer does not lead
    /// backwards.</returns>
    public static bool TryRead(ReadOnlySpan<byte> message, int offset, out DnsName name, out int end)
    {
        name = default;
        end = 0;
        var at = offset;
        var limit = offset;
        var pointers = 0;
        var length = 1;
        while (at < message.Length)
        {
            var first = message[at];
            if (first == 0)
            {
                end = pointers == 0 ? at + 1 : end;
                name = new DnsName(message, offset);
                return true;
            }

            if (first < 0x40)
            {
                length += first + 1;
                at += first + 1;
                if (length > MaxLength)
                {
                    return false;
                }
            }
            else if (first >= 0xc0 && at + 1 < message.Length)
            {
                end = pointers == 0 ? at + 2 : end;
                at = ((first & 0x3f) << 8) | message[at + 1];

                // Each pointer leads before the start of the piece it ends: there can be no loop.
                if (at >= limit || ++pointers > MaxPointers)
                {
                    return false;
                }

                limit = at;
            }
            else
            {
                return false;
            }
        }

        return false;
    }

    /// <summary>Whether both names have the same labels, but for the case of ASCII letters (RFC 4343).</summary>
    public bool IsSame(DnsName other)
    {
        var left = GetEnumerator();
        var right = other.GetEnumerator();
        while (left.MoveNext())
        {
            if (!right.MoveNext() || !SameLabel(left.Current, right.Current))
            {
                return false;
            }
        }

        return !right.MoveNext();
    }

    /// <summary>
    /// Whether this is the name that a text means, with or without its last dot, in any case; false for a text that is not a name.
    /// </summary>
    public bool Is(ReadOnlySpan<char> text)
    {
        Span<byte> bytes = stackalloc byte[MaxLength];
        return DnsNameText.TryEncode(text, bytes, out var length) && TryRead(bytes[..length], 0, out var other, out _) && IsSame(other);
    }

    /// <summary>
    /// The text as master files write it (RFC 1035 section 5.1), without the last dot; the root is <c>.</c>. Bytes other than visible
    /// ASCII are <c>\DDD</c>, and dots and backslashes inside a label have a backslash.
    /// </summary>
    public override string ToString()
    {
        Span<char> text = stackalloc char[MaxTextLength];
        TryFormat(text, out var written);
        return new string(text[..written]);
    }

    /// <summary>
    /// Writes what <see cref="ToString"/> gives. Fails when there is too little room; <see cref="MaxTextLength"/> is always enough.
    /// </summary>
    public bool TryFormat(Span<char> destination, out int written)
    {
        written = 0;
        foreach (var label in this)
        {
            if (written > 0 && !Append(destination, ".", ref written))
            {
                return false;
            }

            foreach (var value in label)
            {
                var character = (char)value;
                var ok = value switch
                {
                    (byte)'.' or (byte)'\\' or (byte)'"' or (byte)'(' or (byte)')' or (byte)';' or (byte)'@' or (byte)'$' =>
                        Append(destination, ['\\', character], ref written),
                    > 0x20 and < 0x7f => Append(destination, [character], ref written),
                    _ => Append(
                        destination, ['\\', (char)('0' + (value / 100)), (char)('0' + (value / 10 % 10)), (char)('0' + (value % 10))],
                        ref written),
                };
                if (!ok)
                {
                    return false;
                }
            }
        }

        return written > 0 || Append(destination, ".", ref written);
    }

    private static bool SameLabel(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        for (var i = 0; i < left.Length && left.Length == right.Length; i++)
        {
            if (Lower(left[i]) != Lower(right[i]))
            {
                return false;
            }
        }

        return left.Length == right.Length;
    }

    private static byte Lower(byte value) => value is >= (byte)'A' and <= (byte)'Z' ? (byte)(value | 0x20) : value;

    private static bool Append(Span<char> destination, ReadOnlySpan<char> text, ref int written)
    {
        if (!text.TryCopyTo(destination[written..]))
        {
            return false;
        }

        written += text.Length;
        return true;
    }

    /// <summary>Walks the labels.</summary>
    public ref struct Enumerator
    {
        private readonly ReadOnlySpan<byte> _message;
        private int _next;

        internal Enumerator(ReadOnlySpan<byte> message, int offset)
        {
            _message = message;
            _next = offset;
            Current = default;
        }

        /// <summary>The label reached, 1–63 bytes.</summary>
        public ReadOnlySpan<byte> Current { get; private set; }

        /// <summary>Goes to the next label.</summary>
        public bool MoveNext()
        {
            while (_next < _message.Length && _message[_next] >= 0xc0)
            {
                _next = ((_message[_next] & 0x3f) << 8) | _message[_next + 1];
            }

            if (_next >= _message.Length || _message[_next] == 0)
            {
                return false;
            }

            var length = _message[_next];
            Current = _message.Slice(_next + 1, length);
            _next += length + 1;
            return true;
        }
    }
}
