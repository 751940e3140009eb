namespace Portolan.Model.Xml;

/// <summary>Characters that grow up to a limit.</summary>
internal sealed class CharBuffer(int limit)
{
    private const int FirstCapacity = 256;
    private char[] _chars = new char[FirstCapacity];

    /// <summary>How many there are.</summary>
    public int Length { get; private set; }

    /// <summary>The most there may be.</summary>
    public int Limit => limit;

    /// <summary>All of them.</summary>
    public ReadOnlySpan<char> Written => _chars.AsSpan(0, Length);

    /// <summary>Forgets them.</summary>
    public void Clear() => Length = 0;

    /// <summary>Forgets the last ones.</summary>
    public void RemoveLast(int count) => Length -= count;

    /// <summary>Adds some; <c>false</c> when that would be too many.</summary>
    public bool TryAdd(ReadOnlySpan<char> chars)
    {
        if (chars.Length > limit - Length)
        {
            return false;
        }

        if (chars.Length > _chars.Length - Length)
        {
            Array.Resize(ref _chars, (int)Math.Min(limit, Math.Max(_chars.Length * 2L, Length + chars.Length)));
        }

        chars.CopyTo(_chars.AsSpan(Length));
        Length += chars.Length;
        return true;
    }
}
