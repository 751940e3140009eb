namespace Portolan.Lab.Topology.Reading;

/// <summary>The phrases of routers and links: firewall rules, forwards and shaping.</summary>
internal static class RouterPhrases
{
    private static readonly Advice RuleForm = $"a rule is ACTION [tcp|udp] [from NETWORK] [to NETWORK] [port PORTS]";
    private static readonly Advice ForwardForm = $"a forward is tcp|udp PORT to HOST[:PORT]";
    private static readonly Advice ShapingForm = $"shaping is tcp|udp PORTS priority NUMBER";

    /// <summary>
    /// Reads <c>reject with admin-prohibited udp from office to servers port 161</c>. A name that has both families makes a rule for each.
    /// </summary>
    public static IReadOnlyList<FirewallRule> Read(TreeScalar scalar, PlaceNames places, FaultList faults)
    {
        var phrase = new Phrase(scalar);
        if (phrase.TakeAction(faults) is not { } action)
        {
            return [];
        }

        TransportProtocol? protocol = phrase.TryTakeProtocol(out var named) ? named : null;
        IReadOnlyList<AddressPrefix>? from = null;
        IReadOnlyList<AddressPrefix>? to = null;
        PortSet? ports = null;
        while (!phrase.IsAtEnd)
        {
            var at = phrase.Place;
            if (from is null && phrase.TryTake("from"))
            {
                from = places.Read(phrase.Place, phrase.Take(), faults);
                if (from is null)
                {
                    return [];
                }
            }
            else if (to is null && phrase.TryTake("to"))
            {
                to = places.Read(phrase.Place, phrase.Take(), faults);
                if (to is null)
                {
                    return [];
                }
            }
            else if (ports is null && phrase.TryTake("port"))
            {
                if (protocol is not { } known)
                {
                    faults.Error(at, "a port belongs to a protocol", $"write tcp or udp behind the action");
                    return [];
                }

                ports = phrase.TakePorts(known, faults);
                if (ports is null)
                {
                    return [];
                }
            }
            else
            {
                Refuse(phrase, faults);
                return [];
            }
        }

        var rules = Combine(action, protocol, from, to, ports);
        if (rules.Count == 0)
        {
            faults.Error(scalar, "no packet goes from one of these to the other", $"both ends are of one family");
        }

        return rules;
    }

    /// <summary>Reads <c>tcp 8080 to web:80</c> or <c>udp 53 to [2001:db8::1]:53</c>; a host alone has the same port.</summary>
    public static RouterForward? ReadForward(TreeScalar scalar, PlaceNames places, FaultList faults)
    {
        var phrase = new Phrase(scalar);
        if (!phrase.TryTakeProtocol(out var protocol))
        {
            faults.Error(phrase.Place, $"{FaultList.Quote(scalar.Text)} is not understood", ForwardForm);
            return null;
        }

        var at = phrase.Place;
        var word = phrase.Take();
        if (PortText.ReadOne(at, word, protocol, faults) is not { } port)
        {
            return null;
        }

        if (!phrase.TryTake("to"))
        {
            faults.Error(phrase.Place, "where to is missing", ForwardForm);
            return null;
        }

        at = phrase.Place;
        var target = phrase.Take();
        var colon = target.LastIndexOf(':');
        var end = target.EndsWith(']') || colon < 0 ? target.Length : colon;
        var host = target[..end].TrimStart('[').TrimEnd(']');
        if (!phrase.EndsHere(ForwardForm, faults) || ReadTarget(at, host, places, faults) is not { } address)
        {
            return null;
        }

        var behind = end == target.Length ? port : PortText.ReadOne(at.At(0), target[(end + 1)..], protocol, faults);
        return behind is { } targetPort ? new RouterForward(protocol, port, address, targetPort) : null;
    }

    /// <summary>Reads <c>udp 5004 priority 1</c>.</summary>
    public static ShapingClass? ReadShaping(TreeScalar scalar, FaultList faults)
    {
        var phrase = new Phrase(scalar);
        if (!phrase.TryTakeProtocol(out var protocol))
        {
            faults.Error(phrase.Place, $"{FaultList.Quote(scalar.Text)} is not understood", ShapingForm);
            return null;
        }

        if (phrase.TakePorts(protocol, faults) is not { } ports)
        {
            return null;
        }

        if (!phrase.TryTake("priority"))
        {
            faults.Error(phrase.Place, "the priority is missing", ShapingForm);
            return null;
        }

        var number = phrase.Place with { Text = phrase.Take() };
        var priority = MapReader.Number(number, "priority", 0, 1000, -1, faults);
        return priority >= 0 && phrase.EndsHere(ShapingForm, faults) ? new ShapingClass(protocol, ports, priority) : null;
    }

    /// <summary>A rule as it is written.</summary>
    public static string Format(FirewallRule rule) =>
        $"{Words.Of(rule.Action)}{Part("", rule.Protocol?.Name())}{Part(" from", rule.From?.ToString())}{Part(" to", rule.To?.ToString())}"
            + $"{Part(" port", rule.Ports?.ToString())}";

    /// <summary>A forward as it is written.</summary>
    public static string Format(RouterForward forward) =>
        $"{forward.Protocol.Name()} {forward.Port} to "
            + $"{(forward.Target.IsIPv4 ? forward.Target.ToString() : $"[{forward.Target}]")}:{forward.TargetPort}";

    /// <summary>A class of packets as it is written.</summary>
    public static string Format(ShapingClass shaping) =>
        string.Create(
            System.Globalization.CultureInfo.InvariantCulture, $"{shaping.Protocol.Name()} {shaping.Ports} priority {shaping.Priority}");

    private static string Part(string word, string? value) => value is null ? "" : $"{word} {value}";

    private static void Refuse(Phrase phrase, FaultList faults)
    {
        if (phrase.Word is "icmp" or "icmpv6" or "icmp6" or "ipv6-icmp")
        {
            faults.Error(
                phrase.Place, $"a rule names tcp or udp, not {phrase.Word}", $"leave it out: a rule without a protocol is about ICMP too");
            return;
        }

        phrase.EndsHere(RuleForm, faults);
    }

    private static List<FirewallRule> Combine(
        FirewallAction action, TransportProtocol? protocol, IReadOnlyList<AddressPrefix>? from, IReadOnlyList<AddressPrefix>? to,
        PortSet? ports)
    {
        var rules = new List<FirewallRule>();
        foreach (var source in from is null ? [(AddressPrefix?)null] : from.Select(p => (AddressPrefix?)p))
        {
            foreach (var target in to is null ? [(AddressPrefix?)null] : to.Select(p => (AddressPrefix?)p))
            {
                if (source is null || target is null || source.Value.Address.IsIPv4 == target.Value.Address.IsIPv4)
                {
                    rules.Add(new FirewallRule(action, protocol, source, target, ports));
                }
            }
        }

        return rules;
    }

    private static InternetAddress? ReadTarget(TreeScalar at, string host, PlaceNames places, FaultList faults)
    {
        if (places.Read(at, host, faults) is not { } prefixes)
        {
            return null;
        }

        if (prefixes[0].Length != prefixes[0].Address.BitCount)
        {
            faults.Error(at, $"{FaultList.Quote(host)} is a network", $"a forward has one target host");
            return null;
        }

        if (places.IsInside(prefixes[0].Address))
        {
            return prefixes[0].Address;
        }

        faults.Error(at, $"{prefixes[0].Address} is in no network", $"the target of a forward is a host of the lab");
        return null;
    }
}
