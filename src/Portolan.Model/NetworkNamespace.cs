using System.Globalization;

namespace Portolan.Model;

/// <summary>A network namespace in which sockets were read: the caller's own or another one (network_namespaces(7)).</summary>
/// <param name="Inode">Its inode number in nsfs, as in <c>net:[4026531840]</c>; 0 where privilege hides it.</param>
/// <param name="Name">The last part of the path it is mounted on, such as <c>blue</c> of /run/netns/blue; or <c>null</c>. Hostile
/// text.</param>
/// <param name="Pid">A process that lives in it, 0 for none or not looked for.</param>
/// <param name="IsOwn">Whether it is the caller's own.</param>
public sealed record NetworkNamespace(ulong Inode, string? Name, int Pid, bool IsOwn)
{
    /// <summary>A path that leads into it, such as <c>/run/netns/blue</c>; <c>null</c> when none is known.</summary>
    public string? Path { get; init; }

    /// <summary>
    /// What to call it: its name, or <c>net:[4026531840]</c> as ls shows it, or <c>pid 123</c> where privilege hides the number;
    /// <c>null</c> when nothing is known. Hostile text.
    /// </summary>
    public string? Label => Name ?? (Inode, Pid) switch
    {
        ( > 0, _) => string.Create(CultureInfo.InvariantCulture, $"net:[{Inode}]"),
        (_, > 0) => string.Create(CultureInfo.InvariantCulture, $"pid {Pid}"),
        _ => null,
    };

    /// <summary><see cref="Label"/>, or <c>unknown</c>. Hostile text.</summary>
    public string LabelOrUnknown => Label ?? "unknown";
}
