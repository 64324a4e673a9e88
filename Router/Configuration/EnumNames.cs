using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.Json.Serialization;

namespace Router.Configuration;

/// <summary>The public names of enum members: in documents, in metrics and in messages they are those of JSON.</summary>
public static class EnumNames
{
    /// <summary>The name that <see cref="JsonStringEnumMemberNameAttribute"/> gives a member.</summary>
    public static string JsonName<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicFields)] T>(this T value)
        where T : struct, Enum => Names<T>.All[value];

    private static class Names<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicFields)] T>
        where T : struct, Enum
    {
        public static readonly FrozenDictionary<T, string> All = typeof(T)
            .GetFields(BindingFlags.Public | BindingFlags.Static)
            .ToFrozenDictionary(
                field => Enum.Parse<T>(field.Name),
                field => field.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()!.Name
            );
    }
}
