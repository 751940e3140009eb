namespace Portolan.Sockets.Filtering.Syntax;

/// <summary>Reads states.</summary>
internal static class StateValue
{
    public static FilterNode? Read(FieldUse use)
    {
        uint states = 0;
        foreach (var value in use.Values)
        {
            if (!StateWords.TryParse(value.Text, out var mask))
            {
                return use.Fail(value, $"no state is named \"{value.Text}\"", NearestWord.Find(value.Text, StateWords.Words));
            }

            states |= mask;
        }

        return new StateNode(states);
    }
}

/// <summary>Reads protocols.</summary>
internal static class ProtocolValue
{
    public static FilterNode? Read(FieldUse use)
    {
        var protocols = SocketProtocols.None;
        foreach (var value in use.Values)
        {
            if (!KindWords.TryParse(value.Text, out SocketProtocols protocol))
            {
                // "tcp6" is how netstat names a family, not a protocol.
                var withoutFamily = value.Text.TrimEnd('4', '6');
                return use.Fail(
                    value,
                    $"no protocol is named \"{value.Text}\"",
                    KindWords.TryParse(withoutFamily, out protocol)
                        ? $"{withoutFamily} and family ipv{value.Text[^1]}"
                        : NearestWord.Find(value.Text, KindWords.ProtocolWords));
            }

            protocols |= protocol;
        }

        return new ProtocolNode(protocols);
    }
}

/// <summary>Reads families.</summary>
internal static class FamilyValue
{
    public static FilterNode? Read(FieldUse use)
    {
        var families = SocketFamilies.None;
        foreach (var value in use.Values)
        {
            if (!KindWords.TryParse(value.Text, out SocketFamilies family))
            {
                return use.Fail(value, $"no family is named \"{value.Text}\"", NearestWord.Find(value.Text, KindWords.FamilyWords));
            }

            families |= family;
        }

        return new FamilyNode(families);
    }
}

/// <summary>Reads interfaces.</summary>
internal static class InterfaceValue
{
    public static FilterNode? Read(FieldUse use) => new InterfaceNode(use.Values);
}

/// <summary>Reads services.</summary>
internal static class ServiceValue
{
    public static FilterNode? Read(FieldUse use) => new ServiceNode(use.Values);
}

/// <summary>Reads patterns.</summary>
internal static class PatternValue
{
    public static FilterNode? Read(FieldUse use) => new PatternNode(use.Field, [.. use.Values.Select(static value => value.Text)]);
}
