namespace Portolan.Firewall.Xt.Targets;

/// <summary>A target that is known by its name, and not by its parameters.</summary>
/// <param name="Name">The kernel's name.</param>
/// <param name="Nature">What becomes of the packet.</param>
public sealed record NamedTarget(string Name, TargetNature Nature) : XtTarget;

/// <summary>What becomes of a packet that meets a target.</summary>
public enum TargetNature
{
    /// <summary>It goes on, and nothing that a rule can look at has changed.</summary>
    GoesOn,

    /// <summary>It goes on changed.</summary>
    GoesOnChanged,

    /// <summary>It is decided on: by a program, or in another way that is not known here.</summary>
    Decides,
}
