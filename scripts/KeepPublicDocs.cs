using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text;
using System.Xml.Linq;
using Microsoft.Build.Utilities;

/// <summary>Takes from an assembly's XML documentation what only the assembly itself can call. A task of the build: see public-docs.targets.</summary>
public class KeepPublicDocs : Task
{
    /// <summary>The assembly.</summary>
    public string Assembly { get; set; }

    /// <summary>Its documentation; written anew.</summary>
    public string Documentation { get; set; }

    /// <inheritdoc/>
    public override bool Execute()
    {
        using (var file = new PEReader(File.OpenRead(Assembly)))
        {
            var kept = new PublicIds(file.GetMetadataReader()).Collect();
            var document = XDocument.Load(Documentation, LoadOptions.PreserveWhitespace);
            foreach (var member in document.Descendants("member").Where(m => !kept.Contains((string)m.Attribute("name"))).ToList())
            {
                // The line break and the indentation before it go too.
                (member.PreviousNode as XText)?.Remove();
                member.Remove();
            }

            document.Save(Documentation, SaveOptions.DisableFormatting);
        }

        return true;
    }

    /// <summary>The documentation IDs (C# specification, annex D.4) of what is public or protected.</summary>
    private sealed class PublicIds
    {
        private readonly MetadataReader _reader;
        private readonly Names _names;
        private readonly HashSet<string> _ids = new HashSet<string>(StringComparer.Ordinal);

        public PublicIds(MetadataReader reader)
        {
            _reader = reader;
            _names = new Names();
        }

        public HashSet<string> Collect()
        {
            foreach (var handle in _reader.TypeDefinitions.Where(IsVisible))
            {
                var type = _reader.GetTypeDefinition(handle);
                var name = Names.NameOf(_reader, handle);
                _ids.Add("T:" + name);
                foreach (var field in type.GetFields().Select(_reader.GetFieldDefinition).Where(f => IsVisible((MethodAttributes)f.Attributes)))
                {
                    _ids.Add("F:" + name + "." + _reader.GetString(field.Name));
                }

                foreach (var method in type.GetMethods().Select(_reader.GetMethodDefinition).Where(m => IsVisible(m.Attributes)))
                {
                    _ids.Add(IdOf(name, method));
                }

                foreach (var property in type.GetProperties().Select(_reader.GetPropertyDefinition))
                {
                    var accessors = property.GetAccessors();
                    if (IsVisible(accessors.Getter) || IsVisible(accessors.Setter))
                    {
                        _ids.Add("P:" + name + "." + _reader.GetString(property.Name) + Parameters(property.DecodeSignature(_names, null).ParameterTypes));
                    }
                }

                foreach (var happening in type.GetEvents().Select(_reader.GetEventDefinition).Where(e => IsVisible(e.GetAccessors().Adder)))
                {
                    _ids.Add("E:" + name + "." + _reader.GetString(happening.Name));
                }
            }

            return _ids;
        }

        private string IdOf(string type, MethodDefinition method)
        {
            var name = _reader.GetString(method.Name);
            var signature = method.DecodeSignature(_names, null);
            var generic = signature.GenericParameterCount > 0 ? "``" + signature.GenericParameterCount : "";
            var result = name == "op_Implicit" || name == "op_Explicit" ? "~" + signature.ReturnType : "";
            return "M:" + type + "." + name.Replace('.', '#') + generic + Parameters(signature.ParameterTypes) + result;
        }

        private static string Parameters(ImmutableArray<string> types) => types.Length == 0 ? "" : "(" + string.Join(",", types) + ")";

        private bool IsVisible(TypeDefinitionHandle handle)
        {
            var type = _reader.GetTypeDefinition(handle);
            switch (type.Attributes & TypeAttributes.VisibilityMask)
            {
                case TypeAttributes.Public:
                    return true;
                case TypeAttributes.NestedPublic:
                case TypeAttributes.NestedFamily:
                case TypeAttributes.NestedFamORAssem:
                    return IsVisible(type.GetDeclaringType());
                default:
                    return false;
            }
        }

        private bool IsVisible(MethodDefinitionHandle handle) => !handle.IsNil && IsVisible(_reader.GetMethodDefinition(handle).Attributes);

        // Fields have the same bits for their accessibility.
        private static bool IsVisible(MethodAttributes attributes)
        {
            var access = attributes & MethodAttributes.MemberAccessMask;
            return access == MethodAttributes.Public || access == MethodAttributes.Family || access == MethodAttributes.FamORAssem;
        }
    }

    /// <summary>Types as documentation IDs write them.</summary>
    private sealed class Names : ISignatureTypeProvider<string, object>
    {
        public static string NameOf(MetadataReader reader, TypeDefinitionHandle handle)
        {
            var type = reader.GetTypeDefinition(handle);
            var name = reader.GetString(type.Name);
            return type.GetDeclaringType().IsNil ? Join(reader.GetString(type.Namespace), name) : NameOf(reader, type.GetDeclaringType()) + "." + name;
        }

        public string GetArrayType(string elementType, ArrayShape shape) => elementType + "[" + string.Join(",", Enumerable.Repeat("0:", shape.Rank)) + "]";

        public string GetByReferenceType(string elementType) => elementType + "@";

        public string GetFunctionPointerType(MethodSignature<string> signature) => "=FUNC:" + signature.ReturnType;

        public string GetGenericInstantiation(string genericType, ImmutableArray<string> typeArguments)
        {
            // Each part of a nested name takes as many arguments as stand behind its grave accent.
            var (text, taken) = (new StringBuilder(), 0);
            foreach (var part in genericType.Split('.'))
            {
                var mark = part.IndexOf('`');
                var count = mark < 0 ? 0 : int.Parse(part.Substring(mark + 1));
                text.Append(text.Length > 0 ? "." : "").Append(mark < 0 ? part : part.Substring(0, mark));
                if (count > 0)
                {
                    text.Append('{').Append(string.Join(",", typeArguments.Skip(taken).Take(count))).Append('}');
                    taken += count;
                }
            }

            return text.ToString();
        }

        public string GetGenericMethodParameter(object genericContext, int index) => "``" + index;

        public string GetGenericTypeParameter(object genericContext, int index) => "`" + index;

        public string GetModifiedType(string modifier, string unmodifiedType, bool isRequired) => unmodifiedType;

        public string GetPinnedType(string elementType) => elementType;

        public string GetPointerType(string elementType) => elementType + "*";

        public string GetPrimitiveType(PrimitiveTypeCode typeCode) => "System." + typeCode;

        public string GetSZArrayType(string elementType) => elementType + "[]";

        public string GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => NameOf(reader, handle);

        public string GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind)
        {
            var type = reader.GetTypeReference(handle);
            var name = reader.GetString(type.Name);
            return type.ResolutionScope.Kind == HandleKind.TypeReference
                ? GetTypeFromReference(reader, (TypeReferenceHandle)type.ResolutionScope, 0) + "." + name
                : Join(reader.GetString(type.Namespace), name);
        }

        public string GetTypeFromSpecification(MetadataReader reader, object genericContext, TypeSpecificationHandle handle, byte rawTypeKind) =>
            reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);

        private static string Join(string space, string name) => space.Length == 0 ? name : space + "." + name;
    }
}
