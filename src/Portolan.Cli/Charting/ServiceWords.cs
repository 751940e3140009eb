using Portolan.Model;
using Portolan.Scan.Formats;
using Portolan.Scan.Identification;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Naming;

namespace Portolan.Cli.Charting;

/// <summary>What runs behind a port, as tables and sentences say it.</summary>
internal static class ServiceWords
{
    /// <summary>The word in SERVICE: what runs, or else the registry's name of the number where that is a guess worth making.</summary>
    /// <param name="running">What runs, or <c>null</c>.</param>
    /// <param name="registered">The registry's name, or <c>null</c>.</param>
    /// <param name="port">The number.</param>
    /// <param name="isProgramKnown">Whether the name of the program that holds the port is known.</param>
    /// <param name="numeric">Only what the service itself said is shown, no names of numbers and owners.</param>
    public static string? Shown(RunningService? running, string? registered, PortNumber port, bool isProgramKnown, bool numeric = false) =>
        numeric && running is not { Source: ServiceSource.Asked } ? null : running?.Shown ?? Guess(registered, port, isProgramKnown);

    /// <summary>
    /// The registry's name of a number, marked as a guess; <c>null</c> where it says less than the program's name: any program may listen
    /// on a User or Dynamic port (RFC 6335 section 6), while a System port takes a privilege and is seldom used for something else.
    /// </summary>
    public static string? Guess(string? registered, PortNumber port, bool isProgramKnown) =>
        registered is null || (isProgramKnown && port.Category is PortCategory.User or PortCategory.Dynamic) ? null : $"{registered}?";

    /// <summary>Whether an owner has a program with a name.</summary>
    public static bool IsProgramKnown(PortOwner owner) => owner.Kind is not (OwnerKind.Hidden or OwnerKind.None);

    /// <summary>
    /// The product and version that an answer named, or what the service said instead; <c>null</c> where there is nothing to say.
    /// </summary>
    public static string? Version(RunningService? running, ServiceInquiry? inquiry) =>
        running is { Source: ServiceSource.Asked } ? ServiceText.VersionOf(ToIdentified(running)) : inquiry switch
        {
            { Reason: { } reason } => $"not asked ({reason})",
            { Reply: { } reply } => $"unknown: says \"{reply}\"",
            { State: "silent" } => "no answer",
            { State: "closed-at-once" } => "closes connections at once",
            { State: "unreachable" } => "no connection",
            _ => null,
        };

    /// <summary>How it is known, in a sentence: <c>Redis, by its program /usr/bin/redis-server</c>.</summary>
    public static string Why(RunningService running, PortOwner owner)
    {
        var what = running.Product is { } product && product != running.Label ? $"{running.Label} ({product})" : running.Label;
        return running.Source switch
        {
            ServiceSource.Package => $"{what}, the package of its program",
            ServiceSource.Unit => $"{what}, by its unit",
            ServiceSource.Image => $"{what}, by its {running.Info}{(running.IsClaimed ? ", chosen by its user" : "")}",
            ServiceSource.Script => $"{what}, by its command line",
            _ when running.IsClaimed => $"perhaps {what}: a user other than root installed the program and chose its name",
            _ when IsReplaced(owner) => $"{what}, by its program, since deleted or replaced",
            _ => $"{what}, by its program",
        };
    }

    /// <summary>What an answer reports, as the chart keeps it.</summary>
    public static RunningService Of(IdentifiedService service) =>
        new(service.Tunnel is { } tunnel ? $"{tunnel}/{service.Protocol}" : service.Protocol, ServiceSource.Asked)
        {
            Protocol = service.Protocol,
            Product = service.Product,
            Version = service.Version,
            Info = service.Info,
            OperatingSystem = service.OperatingSystem,
            HostName = service.HostName,
            Cpes = service.Cpes,
            Tunnel = service.Tunnel,
            Confidence = service.Confidence,
        };

    private static bool IsReplaced(PortOwner owner) => owner.Main?.ExecutablePath?.EndsWith(" (deleted)", StringComparison.Ordinal) == true;

    private static IdentifiedService ToIdentified(RunningService running) => new(running.Protocol!)
    {
        Product = running.Product,
        Version = running.Version,
        Info = running.Info,
        OperatingSystem = running.OperatingSystem,
        HostName = running.HostName,
        Cpes = running.Cpes,
        Tunnel = running.Tunnel,
        Confidence = running.Confidence,
    };
}
