namespace Portolan.Linux.Terminals;

/// <summary>Keys pressed while a command runs, seen without Enter.</summary>
public interface ITerminalKeys : IDisposable
{
    /// <summary>Takes the bytes of keys that were pressed since the last call. Never waits.</summary>
    /// <param name="bytes">Room for them; what has no room is for the next call.</param>
    /// <returns>How many there were.</returns>
    int Take(Span<byte> bytes);

    /// <summary>Whether any key was pressed since the last call. Never waits.</summary>
    bool TakePressed()
    {
        Span<byte> any = stackalloc byte[256];
        return Take(any) > 0;
    }
}
