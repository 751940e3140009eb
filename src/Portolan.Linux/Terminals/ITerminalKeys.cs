namespace Portolan.Linux.Terminals;

/// <summary>Keys pressed while a command runs, seen without Enter.</summary>
public interface ITerminalKeys : IDisposable
{
    /// <summary>Whether any key was pressed since the last call. Never waits.</summary>
    bool TakePressed();
}
