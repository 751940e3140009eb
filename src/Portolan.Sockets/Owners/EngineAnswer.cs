namespace Portolan.Sockets.Owners;

/// <summary>Why a container engine confirms nothing.</summary>
public enum EngineTrouble
{
    /// <summary>There is none: it confirms.</summary>
    None,

    /// <summary>Neither its socket nor its program is here.</summary>
    NotHere,

    /// <summary>The caller may not ask it.</summary>
    NoPermission,

    /// <summary>It is here, and did not answer as it should, or not in time.</summary>
    NoAnswer,

    /// <summary>It answered, and knows no such container, or not this process as one of it.</summary>
    NotKnown,

    /// <summary>It is of a kind that is not asked.</summary>
    NotAsked,
}

/// <summary>What an engine says of a holder: the container that it confirms, or why it confirms none.</summary>
/// <param name="Container">The container, named and graded by its engine; <c>null</c> where it confirms none.</param>
/// <param name="Trouble">Why not.</param>
public readonly record struct EngineAnswer(ContainerInfo? Container, EngineTrouble Trouble)
{
    /// <summary>Nothing is confirmed.</summary>
    public static EngineAnswer No(EngineTrouble trouble) => new(null, trouble);
}
