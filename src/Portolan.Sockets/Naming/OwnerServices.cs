using Portolan.Sockets.Chart;
using Portolan.Sockets.Owners;

namespace Portolan.Sockets.Naming;

/// <summary>
/// Names what runs behind a port by its owner: program, image, unit, script, package. What a process calls itself proves nothing and is not
/// looked at.
/// </summary>
public static class OwnerServices
{
    /// <summary>What runs; <c>null</c> where the owner says nothing, and only the port's number is left.</summary>
    /// <param name="owner">Who holds the port.</param>
    /// <param name="registered">The registry's name of the port, or <c>null</c>.</param>
    /// <param name="packageOf">The package of a program file; <c>null</c> where it is not known.</param>
    public static RunningService? Of(PortOwner owner, string? registered, Func<string, string?> packageOf)
    {
        ArgumentNullException.ThrowIfNull(owner);
        ArgumentNullException.ThrowIfNull(packageOf);
        switch (owner.Kind)
        {
            case OwnerKind.Kernel or OwnerKind.Hidden or OwnerKind.None:
                return null;
            case OwnerKind.SocketActivation:
                return owner.Name.EndsWith(".socket", StringComparison.Ordinal) ? OfUnit(owner.Name, registered, isKnownOnly: false) : null;
            case OwnerKind.Forwarded:
                return OfImage(owner.Container, registered);
        }

        // A program of the engine that stands for a container says nothing of what the container serves.
        if (owner.IsPublished || owner.Main is not { } main)
        {
            return OfImage(owner.Container, registered);
        }

        var known = (main.StartedAs is { } link ? KnownPrograms.OfFile(link) : null)
            ?? (main.ExecutablePath is { } path ? KnownPrograms.OfFile(path) : null);
        var isOfRoot = main.ProgramGrade >= NameGrade.Confirmed;
        if (known is not null && isOfRoot)
        {
            return OfProgram(known, main, registered, isClaimed: false);
        }

        var unit = owner is { Kind: OwnerKind.Unit, Grade: NameGrade.Proved, IsUserUnit: false } ? owner.Name : null;
        return OfImage(owner.Container, registered)
            ?? (unit is null ? null : OfUnit(unit, registered, isKnownOnly: true))
            ?? (known is null ? null : OfProgram(known, main, registered, isClaimed: true))
            ?? (unit is null ? null : OfUnit(unit, registered, isKnownOnly: false))
            ?? OfOther(main, isOfRoot, packageOf);
    }

    private static RunningService? OfProgram(KnownProgram known, ProcessInfo main, string? registered, bool isClaimed)
    {
        // sshd, which is root's program, writes on its command line which connection a process serves: its ports are forwarded ones (ssh
        // -R).
        if (known.Protocol == "ssh" && main.CommandLine is [var title, ..] && title.StartsWith("sshd", StringComparison.Ordinal)
            && title.Contains(": ", StringComparison.Ordinal) && !title.Contains("[listener]", StringComparison.Ordinal))
        {
            return new RunningService("ssh forward", ServiceSource.Program)
            {
                Product = known.Product,
                Confidence = 5,
                IsClaimed =
                isClaimed
            };
        }

        return known.On(registered) is { } spoken
            ? new RunningService(spoken.Label, ServiceSource.Program)
            {
                Protocol = spoken.Protocol,
                Product = known.Product,
                Confidence = isClaimed ? 3 : spoken.Protocol is null ? 5
                    : 7,
                IsClaimed = isClaimed,
            }
            : null;
    }

    private static RunningService? OfImage(ContainerInfo? container, string? registered)
    {
        if (container?.Image is not { } image || ImageName(image) is not { Length: > 0 } name)
        {
            return null;
        }

        var isClaimed = container.Grade == NameGrade.Claimed || container.EngineUser != 0;
        return OfName(name, ServiceSource.Image, registered) is { } service
            ? service with { Info = $"image {image}", Confidence = isClaimed ? 3 : service.Confidence, IsClaimed = isClaimed }
            : null;
    }

    private static RunningService? OfUnit(string unit, string? registered, bool isKnownOnly)
    {
        var stem = unit[..unit.LastIndexOf('.')];
        var name = stem.IndexOf('@', StringComparison.Ordinal) is > 0 and var at ? stem[..at] : stem;
        return isKnownOnly && KnownPrograms.OfName(name) is null ? null : OfName(name, ServiceSource.Unit, registered);
    }

    private static RunningService? OfName(string name, ServiceSource source, string? registered) => KnownPrograms.OfName(name) switch
    {
        null => new RunningService(name, source) { Confidence = 5 },
        var known => known.On(registered) is { } spoken
            ? new RunningService(spoken.Label, source)
            {
                Protocol = spoken.Protocol,
                Product = known.Product,
                Confidence =
                spoken.Protocol is null ? 5 : 6
            }
            : null,
    };

    private static RunningService? OfOther(ProcessInfo main, bool isOfRoot, Func<string, string?> packageOf)
    {
        if (main.ExecutablePath is not { } path)
        {
            return null;
        }

        if (Interpreters.Has(main.StartedAs ?? path))
        {
            return Interpreters.Script(path, main.CommandLine) is { } script
                ? new RunningService(script, ServiceSource.Script) { Product = script, Confidence = 4 } : null;
        }

        // What a user may have named would say no more than the owner does.
        var file = ProcessName.FileName(main.StartedAs ?? path).ToString();
        return !isOfRoot || file.Length == 0 ? null
            : packageOf(path) is { } package
                ? new RunningService(package, ServiceSource.Package)
                {
                    Product = package,
                    Info = file == package ? null
                : $"program {file}",
                    Confidence = 5
                }
            : new RunningService(file, ServiceSource.Program) { Product = file, Confidence = 5 };
    }

    /// <summary>
    /// The last part of an image's name: <c>redis</c> of <c>docker.io/library/redis:7@sha256:…</c>; <c>null</c> for a bare id.
    /// </summary>
    private static string? ImageName(string image)
    {
        var name = image.IndexOf('@', StringComparison.Ordinal) is >= 0 and var digest ? image[..digest] : image;
        var part = name[(name.LastIndexOf('/') + 1)..];
        if (part.StartsWith("sha256:", StringComparison.Ordinal))
        {
            return null;
        }

        part = part.IndexOf(':', StringComparison.Ordinal) is >= 0 and var tag ? part[..tag] : part;
        return part.Length >= 12 && part.All(char.IsAsciiHexDigit) ? null : part;
    }
}
