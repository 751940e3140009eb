namespace Portolan.Cli.Explaining;

/// <summary>What the command line of <c>explain</c> asks for.</summary>
/// <param name="Target">The port.</param>
/// <param name="From">Who sends, as it was typed; <c>null</c> for everybody.</param>
/// <param name="IsUdp">Whether <c>--udp</c> was given.</param>
/// <param name="UseIPv4">Whether IPv4 is asked about.</param>
/// <param name="UseIPv6">Whether IPv6 is asked about.</param>
/// <param name="RulesFile">A file of rules to judge in place of the machine's own; or <c>null</c>.</param>
/// <param name="IncludeFolders">Folders besides that file's own from which it may include files.</param>
/// <param name="Prove">Whether the kernel itself is asked about one packet.</param>
/// <param name="Probe">Whether another machine's port is tried too.</param>
internal sealed record ExplainRequest(
    ExplainTarget Target, string? From, bool IsUdp, bool UseIPv4, bool UseIPv6, string? RulesFile, IReadOnlyList<string> IncludeFolders,
    bool Prove, bool Probe)
{
    /// <summary>How long judging may take; <c>null</c> for as long as it needs.</summary>
    public TimeSpan? JudgeTime { get; init; }
}
