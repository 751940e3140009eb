using Portolan.Sockets;

namespace Portolan.Cli.Listing;

/// <summary>Writes what is known of the owners of a socket into one cell.</summary>
internal static class OwnerText
{
    /// <summary>
    /// <c>nginx 812,813; php 900</c>: names with the pids that carry them, and their container, as in
    /// <c>docker-proxy 763 for container db</c>. <c>(kernel)</c> where no program can be the owner, <c>(hidden)</c> where privilege hides
    /// it, <c>container db</c> where an engine says for what it publishes the port of a hidden owner. In a lab the host.
    /// </summary>
    public static void Write(in SocketEntry entry, SocketFacts facts, Utf8Writer output)
    {
        if (facts.Snapshot.Lab is not null)
        {
            output.Write(facts.LabHost(entry).Utf8);
            return;
        }

        var pids = facts.Pids(entry);
        if (pids.IsEmpty)
        {
            if (facts.Owners is not null)
            {
                WriteUnseen(entry, facts, output);
            }

            return;
        }

        OwnerFacts? current = null;
        foreach (var pid in pids)
        {
            var owner = facts.Owner(pid);
            if (current is not null && owner.Name.Utf8.AsSpan().SequenceEqual(current.Name.Utf8)
                && owner.Place.Utf8.AsSpan().SequenceEqual(current.Place.Utf8))
            {
                output.Write(',');
            }
            else
            {
                if (current is not null)
                {
                    output.Write(current.Place.Utf8);
                    output.Write("; "u8);
                }

                output.Write(owner.Name.Utf8);
                output.Write(' ');
                current = owner;
            }

            output.WriteNumber((uint)pid);
        }

        output.Write(current!.Place.Utf8);
    }

    /// <summary>One text for each owner, separated; equal neighbours once.</summary>
    public static void WriteEach(in SocketEntry entry, SocketFacts facts, Utf8Writer output, Func<OwnerFacts, NameFacts> text)
    {
        byte[]? previous = null;
        foreach (var pid in facts.Pids(entry))
        {
            var next = text(facts.Owner(pid)).Utf8;
            if (next.Length == 0 || (previous is not null && next.AsSpan().SequenceEqual(previous)))
            {
                continue;
            }

            if (previous is not null)
            {
                output.Write("; "u8);
            }

            output.Write(next);
            previous = next;
        }
    }

    /// <summary>The containers of the owners, or the one that an engine names for a hidden owner.</summary>
    public static void WriteContainers(in SocketEntry entry, SocketFacts facts, Utf8Writer output)
    {
        WriteEach(entry, facts, output, static owner => owner.Container);
        output.Write(facts.PublishedFor(entry).Utf8);
    }

    private static void WriteUnseen(in SocketEntry entry, SocketFacts facts, Utf8Writer output)
    {
        if ((entry.Flags & SocketFlags.KernelOwned) != 0)
        {
            output.Write("(kernel)"u8);
        }
        else if (facts.PublishedFor(entry) is { IsNone: false } container)
        {
            output.Write("container "u8);
            output.Write(container.Utf8);
        }
        else if (facts.IsOwnerHidden(entry))
        {
            output.Write("(hidden)"u8);
        }
    }

    /// <summary>The pids with commas between.</summary>
    public static void WritePids(in SocketEntry entry, SocketFacts facts, Utf8Writer output)
    {
        var isFirst = true;
        foreach (var pid in facts.Pids(entry))
        {
            if (!isFirst)
            {
                output.Write(',');
            }

            output.WriteNumber((uint)pid);
            isFirst = false;
        }
    }
}
