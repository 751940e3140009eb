namespace Portolan.Sockets.Owners;

/// <summary>The ways to find owners.</summary>
public enum OwnerSource
{
    /// <summary>The fastest that is allowed.</summary>
    Automatic,

    /// <summary>The kernel's BPF iterator only; a failure is an error.</summary>
    Bpf,

    /// <summary>Walking /proc only.</summary>
    Proc,
}
