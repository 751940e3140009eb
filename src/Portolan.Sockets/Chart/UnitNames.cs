namespace Portolan.Sockets.Chart;

/// <summary>Which systemd units stand for what they run, and which only hold whatever a person started.</summary>
public static class UnitNames
{
    /// <summary>
    /// Whether the unit names a service. A login session (<c>session-3.scope</c>), the manager of a user
    /// (<c>user@1000.service</c>), systemd itself (<c>init.scope</c>) and a terminal's scope do not: the process does.
    /// </summary>
    public static bool NamesService(string? unit) =>
        unit is not null
        && unit.EndsWith(".service", StringComparison.Ordinal)
        && !unit.StartsWith("user@", StringComparison.Ordinal);
}
