using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Metadata;

namespace Portolan.PublicDocs;

/// <summary>The documentation IDs (C# specification, annex D.4) of what is public or protected.</summary>
internal sealed class PublicIds(MetadataReader reader)
{
    private readonly TypeNames _names = new();
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);

    /// <summary>All of them.</summary>
    public HashSet<string> Collect()
    {
        foreach (var handle in reader.TypeDefinitions.Where(IsVisible))
        {
            var type = reader.GetTypeDefinition(handle);
            var name = TypeNames.NameOf(reader, handle);
            _ids.Add($"T:{name}");
            foreach (var field in type.GetFields().Select(reader.GetFieldDefinition).Where(f => IsVisible((MethodAttributes)f.Attributes)))
            {
                _ids.Add($"F:{name}.{reader.GetString(field.Name)}");
            }

            foreach (var method in type.GetMethods().Select(reader.GetMethodDefinition).Where(m => IsVisible(m.Attributes)))
            {
                _ids.Add(IdOf(name, method));
            }

            foreach (var property in type.GetProperties().Select(reader.GetPropertyDefinition))
            {
                var accessors = property.GetAccessors();
                if (IsVisible(accessors.Getter) || IsVisible(accessors.Setter))
                {
                    _ids.Add(
                        $"P:{name}.{reader.GetString(property.Name)}{Parameters(property.DecodeSignature(_names, null).ParameterTypes)}");
                }
            }

            foreach (var happening in type.GetEvents().Select(reader.GetEventDefinition).Where(e => IsVisible(e.GetAccessors().Adder)))
            {
                _ids.Add($"E:{name}.{reader.GetString(happening.Name)}");
            }
        }

        return _ids;
    }

    private string IdOf(string type, MethodDefinition method)
    {
        var name = reader.GetString(method.Name);
        var signature = method.DecodeSignature(_names, null);
        var generic = signature.GenericParameterCount > 0 ? $"``{signature.GenericParameterCount}" : "";
        var result = name is "op_Implicit" or "op_Explicit" ? $"~{signature.ReturnType}" : "";
        return $"M:{type}.{name.Replace('.', '#')}{generic}{Parameters(signature.ParameterTypes)}{result}";
    }

    private static string Parameters(ImmutableArray<string> types) => types.Length == 0 ? "" : $"({string.Join(',', types)})";

    private bool IsVisible(TypeDefinitionHandle handle)
    {
        var type = reader.GetTypeDefinition(handle);
        return (type.Attributes & TypeAttributes.VisibilityMask) switch
        {
            TypeAttributes.Public => true,
            TypeAttributes.NestedPublic or TypeAttributes.NestedFamily or TypeAttributes.NestedFamORAssem =>
                IsVisible(type.GetDeclaringType()),
            _ => false,
        };
    }

    private bool IsVisible(MethodDefinitionHandle handle) => !handle.IsNil && IsVisible(reader.GetMethodDefinition(handle).Attributes);

    // Fields have the same bits for their accessibility.
    private static bool IsVisible(MethodAttributes attributes) =>
        (attributes & MethodAttributes.MemberAccessMask) is MethodAttributes.Public or MethodAttributes.Family
            or MethodAttributes.FamORAssem;
}
