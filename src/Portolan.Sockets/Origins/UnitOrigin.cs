using System.Globalization;
using Portolan.Sockets.Owners;

namespace Portolan.Sockets.Origins;

/// <summary>What runs a systemd unit, and what would start it again.</summary>
internal static class UnitOrigin
{
    /// <summary>systemd's own, where RestartSec= is not set (DefaultRestartSec= of systemd-system.conf(5)).</summary>
    private const string DefaultDelay = "100ms";

    /// <summary>The facts; nulls where no unit file is found.</summary>
    /// <param name="unit">A service, as systemd names it.</param>
    /// <param name="socket">The socket unit that systemd listens through, or <c>null</c>.</param>
    /// <param name="files">The unit files.</param>
    public static (OriginFact By, OriginFact? Again) Of(string unit, string? socket, UnitFiles files)
    {
        var file = UnitName.IsValid(unit) ? files.Find(unit) : null;
        var shown = UnitName.Display(unit);
        var source = file ?? "control group";
        if (file is null)
        {
            return (new OriginFact("systemd", $"systemd runs {shown}", source), null);
        }

        var timer = files.TimerOf(unit);
        var wanted = files.WantedBy(unit);
        var by = timer is { } started
            ? new OriginFact("timer", $"{started.Timer} starts {shown}{Behind(started.When)}", started.File)
            : socket is not null
                ? new OriginFact("socket", $"{socket} starts {shown} at the first connection", files.Find(socket) ?? source)
            : new OriginFact(
                "systemd", $"systemd runs {shown}{(wanted is { } target ? $", at boot for {target.Target}" : "")}", source);
        return (by, Again(unit, shown, socket, files, file, timer, wanted));
    }

    private static OriginFact Again(
        string unit, string shown, string? socket, UnitFiles files, string file, (string Timer, string File, string When)? timer,
        (string Target, string Link)? wanted)
    {
        var restart = files.Setting(unit, "Restart") ?? "no";
        if (restart != "no")
        {
            return new OriginFact("restart", $"systemd, {Delay(files.Setting(unit, "RestartSec"))} after it {Ends(restart)}", file);
        }

        return timer is { } next ? new OriginFact("timer", $"{next.Timer}, at its next time{Behind(next.When)}", next.File)
            : socket is not null
                ? new OriginFact("socket", $"{socket}, at the next connection: stop it too", files.Find(socket) ?? file)
            : wanted is { } target ? new OriginFact("boot", $"only the next boot, for {target.Target}", target.Link)
            : new OriginFact("none", $"none is known: {shown} has no Restart= and no target wants it", file);
    }

    /// <summary>When Restart= acts, as systemd.service(5) has it.</summary>
    private static string Ends(string restart) => restart switch
    {
        "always" => "exits (Restart=always)",
        "on-success" => "exits cleanly (Restart=on-success)",
        "on-failure" => "fails (Restart=on-failure)",
        _ => $"ends (Restart={restart})",
    };

    /// <summary>A time span of systemd; a bare number is seconds (systemd.time(7)).</summary>
    internal static string Delay(string? setting) => setting is not { Length: > 0 } ? DefaultDelay
        : double.TryParse(setting, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out _) ? $"{setting}s" : setting;

    private static string Behind(string when) => when.Length > 0 ? $" ({when})" : "";
}
