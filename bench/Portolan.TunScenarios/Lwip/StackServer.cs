using System.Globalization;
using System.Net;
using Portolan.Linux.Tun;
using Portolan.Transport;
using Portolan.TunScenarios.Connecting;

namespace Portolan.TunScenarios.Lwip;

/// <summary>
/// What the word <c>serve</c> of this program does, as that of <c>bench/lwip</c>: takes connections to ports of one address, and closes
/// each when its peer has.
/// </summary>
internal static class StackServer
{
    /// <summary>The stack's own thread runs what waits for it.</summary>
    internal const string Inline = "inline";

    /// <summary>The kernel takes what the stack sends on a thread of its own.</summary>
    internal const string KernelThread = "kernel-thread";

    /// <summary>Serves until stdin ends.</summary>
    /// <param name="words">The device, its address, the first port, how many, and then options.</param>
    internal static void Run(string[] words)
    {
        var (first, count) = (int.Parse(words[2], CultureInfo.InvariantCulture), int.Parse(words[3], CultureInfo.InvariantCulture));
        bool Has(string option) => words.Contains(option, StringComparer.Ordinal);
        var link = TunLink.Open(new TunOptions { Name = words[0], UsesOffload = false, UsesKernelThread = Has(KernelThread) });
        using var stack = new NetworkStack(new NetworkStackOptions { Name = "tun", RunsContinuationsInline = Has(Inline) });
        stack.Attach(link, $"{words[1]}/24");
        foreach (var port in Enumerable.Range(first, count))
        {
            _ = StackConnectServer.AcceptAsync(stack.ListenTcp(
                new IPEndPoint(IPAddress.Any, port), new TcpListenOptions { Backlog = 4096 }));
        }

        Console.WriteLine("ready");
        Console.In.ReadToEnd();
    }
}
