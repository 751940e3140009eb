using Portolan.Sockets.Owners;

namespace Portolan.Sockets.Documents;

/// <summary>A process. All text in it is hostile: any process may choose it.</summary>
/// <param name="Pid">Process id.</param>
/// <param name="Name">The program's name; empty where it is hidden.</param>
/// <param name="Command">The arguments with a space between two; <c>null</c> where they are hidden.</param>
/// <param name="StartedAt">RFC 3339; <c>null</c> where that is not known.</param>
/// <param name="Unit">The systemd unit, or <c>null</c>.</param>
/// <param name="Container">The container, or <c>null</c>.</param>
public sealed record ProcessRecord(int Pid, string Name, string? Command, string? StartedAt, string? Unit, ContainerRecord? Container)
{
    /// <summary>A process as documents have it.</summary>
    public static ProcessRecord Of(ProcessInfo process)
    {
        ArgumentNullException.ThrowIfNull(process);
        return new ProcessRecord(
            process.Pid, process.Name, process.CommandLine is { } words ? string.Join(' ', words) : null,
            process.StartedAt is { } time ? TimeText.Rfc3339(time) : null, process.Unit, ContainerRecord.Of(process.Container));
    }
}

/// <summary>The container of an owner, as its runtime names it.</summary>
/// <param name="Id">Full id as the runtime writes it.</param>
/// <param name="Runtime">Such as <c>docker</c>.</param>
/// <param name="Name">Its name; <c>null</c> where the runtime did not say it.</param>
/// <param name="EngineUser">Whose engine runs it, 0 for the system's; <c>null</c> where that is not known.</param>
public sealed record ContainerRecord(string Id, string Runtime, string? Name, uint? EngineUser)
{
    /// <summary>A container as documents have it.</summary>
    public static ContainerRecord? Of(ContainerInfo? container) => container is null ? null : new ContainerRecord(
        container.Id, container.Runtime, container.Name,
        // A group that a user may name does not say whose engine made it.
        container is { EngineUser: 0, Grade: NameGrade.Claimed } ? null : container.EngineUser);
}

/// <summary>A user of this machine, by id and name.</summary>
/// <param name="Id">User id.</param>
/// <param name="Name">The name; <c>null</c> where it has none.</param>
public sealed record UserRecord(uint Id, string? Name)
{
    /// <summary>A user as documents have it.</summary>
    public static UserRecord? Of(uint? id, Func<uint, string?> name) => id is { } known ? new UserRecord(known, name(known)) : null;
}
