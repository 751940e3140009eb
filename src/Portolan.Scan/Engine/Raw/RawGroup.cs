namespace Portolan.Scan.Engine.Raw;

/// <summary>What the stages of one group share.</summary>
/// <param name="Group">The hosts.</param>
/// <param name="Paths">The ways to them.</param>
/// <param name="Rtts">Their round-trip times.</param>
internal sealed record RawGroup(HostGroup Group, RawPaths Paths, HostRtts Rtts);
