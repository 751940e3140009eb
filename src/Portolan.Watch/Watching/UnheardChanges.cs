using Portolan.Linux;
using Portolan.Linux.Changes;

namespace Portolan.Watch.Watching;

/// <summary>What the kernel does not report, as facts that are missing.</summary>
public static class UnheardChanges
{
    /// <summary>The facts.</summary>
    public static IReadOnlyList<MissingFact> Missing(IReadOnlyDictionary<KernelSource, LinuxException> unheard)
    {
        ArgumentNullException.ThrowIfNull(unheard);
        return [.. unheard.OrderBy(static pair => pair.Key).Select(static pair => new MissingFact(
            MissingFactCode.ChangesUnheard, WhatOf(pair.Key), WhyOf(pair.Value)))];
    }

    private static string WhatOf(KernelSource source) => source switch
    {
        KernelSource.Listeners => "TCP ports that open between two looks",
        KernelSource.Datagrams => "UDP ports that open between two looks",
        KernelSource.ClosedSockets => "ports that close between two looks",
        KernelSource.Rules => "rules of nftables that change between two looks",
        _ => "routes that change between two looks",
    };

    private static string WhyOf(LinuxException exception) =>
        exception is { IsPermission: true, IsVerifier: false }
            ? "the kernel reports to root only: run portolan watch as root" : $"the kernel does not report: {exception.Message}";
}
