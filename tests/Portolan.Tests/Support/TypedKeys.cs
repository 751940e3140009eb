using Portolan.Linux.Terminals;

namespace Portolan.Tests.Support;

/// <summary>Keys that were typed before the command looks.</summary>
internal sealed class TypedKeys(string typed) : ITerminalKeys
{
    private int _taken;

    public int Take(Span<byte> bytes)
    {
        var count = Math.Min(bytes.Length, typed.Length - _taken);
        for (var i = 0; i < count; i++)
        {
            bytes[i] = (byte)typed[_taken++];
        }

        return count;
    }

    public bool Wait(TimeSpan longest) => true;

    public void Dispose()
    {
    }
}
