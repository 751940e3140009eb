namespace Portolan.Scan.Names;

/// <summary>Where the system looks for names: the line <c>hosts</c> of <c>/etc/nsswitch.conf</c> (nsswitch.conf(5)).</summary>
/// <param name="Services">Such as <c>files</c>, <c>dns</c>, <c>mdns4_minimal</c>, in their order.</param>
public sealed record NameSources(IReadOnlyList<string> Services)
{
    /// <summary>What glibc does without a file.</summary>
    public static NameSources Default => new(["files", "dns"]);

    /// <summary>Reads the text of an nsswitch.conf.</summary>
    public static NameSources Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        foreach (var line in text.Split('\n'))
        {
            var bare = line.AsSpan(0, line.IndexOf('#', StringComparison.Ordinal) is var hash and >= 0 ? hash : line.Length).Trim();
            if (!bare.StartsWith("hosts:", StringComparison.Ordinal))
            {
                continue;
            }

            var services = new List<string>();
            var inBrackets = false;
            foreach (var word in bare[6..].ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            {
                // [NOTFOUND=return] and its like, which may have spaces inside.
                inBrackets |= word.StartsWith('[');
                if (!inBrackets)
                {
                    services.Add(word);
                }

                inBrackets &= !word.EndsWith(']');
            }

            return services.Count > 0 ? new NameSources(services) : Default;
        }

        return Default;
    }

    /// <summary>
    /// Sources that only the system's resolver can ask: neither the hosts file nor DNS (systemd-resolved's stub is plain DNS).
    /// </summary>
    public IEnumerable<string> Others
    {
        get
        {
            foreach (var service in Services)
            {
                if (service is not ("files" or "dns" or "resolve"))
                {
                    yield return service;
                }
            }
        }
    }

    /// <summary>Names below <c>.local</c> are asked for on the link (RFC 6762).</summary>
    public bool HasMulticast
    {
        get
        {
            foreach (var service in Services)
            {
                if (service.StartsWith("mdns", StringComparison.Ordinal))
                {
                    return true;
                }
            }

            return false;
        }
    }
}
