using Portolan.Reachability.Forwarding;
using Portolan.Sockets.Doctor;

namespace Portolan.Reachability.Composing;

/// <summary>Finds out what works on a machine: what can be read of it, and what forwards of the kernel have left.</summary>
public static class EnvironmentSurvey
{
    /// <summary>Tries everything; nothing is changed.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="namesSettings">Whether every setting that a killed forward left is named, however many there are.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static EnvironmentReport Read(Machine machine, bool namesSettings, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(machine);
        var facts = EnvironmentProbe.Read(machine.Sockets, machine.Settings, cancellationToken);
        var left = ForwardLeftovers.Find(namesSettings);
        return new EnvironmentReport(facts, [.. EnvironmentJudge.Judge(facts), .. left is null ? [] : (Finding[])[left]]);
    }
}
