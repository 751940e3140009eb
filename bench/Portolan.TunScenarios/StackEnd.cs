using Portolan.Transport;

namespace Portolan.TunScenarios;

/// <summary>Streams of the userspace stack, read and written as any stream.</summary>
internal static class StackEnd
{
    internal static async Task Send(TcpStream stream, long bytes)
    {
        var block = new byte[KernelEnd.BlockLength];
        for (var left = bytes; left > 0; left -= block.Length)
        {
            await stream.WriteAsync(block.AsMemory(0, (int)Math.Min(left, block.Length)));
        }

        stream.ShutdownWrite();
    }

    internal static async Task Receive(TcpStream stream, Meter meter)
    {
        var block = new byte[KernelEnd.BlockLength];
        while (await stream.ReadAsync(block) is var count && count > 0)
        {
            meter.Add(count);
        }

        meter.End();
    }
}
