using System.Globalization;
using Portolan.Linux;
using Portolan.Sockets.Owners;

namespace Portolan.Sockets.Stopping;

/// <summary>A systemd that has units: that of the machine, or a user's own.</summary>
/// <param name="User">Whose manager it is; <c>null</c> for that of the machine.</param>
internal readonly record struct UnitManager(uint? User)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>The manager that has the unit of a process: as the group of the process tells, that of its own user.</summary>
    internal static UnitManager Of(ProcessInfo process) => new(process.IsUserUnit ? process.UserId ?? uint.MaxValue : null);

    /// <summary>Runs systemctl; <c>null</c> where that is not possible.</summary>
    internal ProgramResult? Run(IReadOnlyList<string> words, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (KernelStopActions.Systemctl is not { } systemctl)
        {
            return null;
        }

        if (User is { } user)
        {
            return UserProgram.Run(user, systemctl, ["--user", .. words], timeout, cancellationToken);
        }

        try
        {
            return ProgramRunner.Run(systemctl, words, timeout, cancellationToken);
        }
        catch (PortolanException)
        {
            // Too slow, or it cannot be run.
            return null;
        }
    }

    /// <summary>Properties of a unit by name; <c>null</c> where the manager does not answer.</summary>
    internal Dictionary<string, string>? Show(string unit, params ReadOnlySpan<string> properties)
    {
        string[] words =
            ["--no-ask-password", "--no-pager", "show", .. properties.ToArray().Select(static p => $"--property={p}"), "--", unit];
        return Run(words, Patience, CancellationToken.None) is { ExitCode: 0 } answer ? Read(answer.Output) : null;
    }

    /// <summary>Reads lines of <c>NAME=VALUE</c>.</summary>
    internal static Dictionary<string, string> Read(string shown)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in shown.Split('\n'))
        {
            if (line.IndexOf('=', StringComparison.Ordinal) is > 0 and var at)
            {
                values[line[..at]] = line[(at + 1)..];
            }
        }

        return values;
    }

    /// <summary>The number of a property; 0 where it has none.</summary>
    internal static int Number(Dictionary<string, string> values, string property) =>
        int.TryParse(values.GetValueOrDefault(property), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
