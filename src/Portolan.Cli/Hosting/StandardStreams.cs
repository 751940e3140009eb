namespace Portolan.Cli.Hosting;

/// <summary>What is particular to the standard streams.</summary>
public static class StandardStreams
{
    private const int BrokenPipe = 32;

    /// <summary>Whether writing failed because the reader has gone (EPIPE).</summary>
    public static bool IsBrokenPipe(IOException exception) => exception.HResult == BrokenPipe;
}
