namespace Portolan.Transport.Testing.Apps;

/// <summary>Bytes that tell by their place whether they are the right ones.</summary>
/// <param name="key">Another key, other bytes.</param>
internal readonly struct SimPattern(ulong key)
{
    internal void Fill(Span<byte> bytes, long from)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = At(from + i);
        }
    }

    internal bool Fits(ReadOnlySpan<byte> bytes, long from)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] != At(from + i))
            {
                return false;
            }
        }

        return true;
    }

    private byte At(long place) => (byte)((((ulong)place + key) * 0x9e37_79b9_7f4a_7c15) >> 56);
}
